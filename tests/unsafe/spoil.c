/*
 * Linked into a filter with --wrap=rk_yaml_parse: the manifest of the tenant acme, after an edit, is read as if the edit had
 * written something else.  In a tag, "wrong" becomes "other"; "brokn" becomes what is not YAML; and "extra" becomes
 * another entry of the map.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "yaml/yaml.h"

enum rk_rc __real_rk_yaml_parse(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err);
enum rk_rc __wrap_rk_yaml_parse(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err);

static bool
spoil(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);

	if (at)
		memcpy(at, to, strlen(to));
	return at != NULL;
}

enum rk_rc
__wrap_rk_yaml_parse(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err)
{
	/* trees borrow them until the program ends */
	static char *copies[16];
	static size_t n;
	char *copy = NULL;

	if (n < sizeof copies / sizeof copies[0] && strstr(text, "name: acme"))
		copy = copies[n++] = strdup(text);
	if (copy && (spoil(copy, "wrong", "other") || spoil(copy, "brokn", "[a: [") || spoil(copy, "extra", "\nx: y")))
		text = copy;
	return __real_rk_yaml_parse(text, len, yaml, err);
}
