#include <string.h>

#include "forge/api_internal.h"
#include "base/err.h"
#include "base/json.h"

json_t *
rk_api_get(const json_t *object, const struct rk_api_member *member)
{
	json_t *value = json_object_get(object, member->gh);
	const char *dot = strchr(member->rest, '.');
	char above[32];

	if (value || !dot)
		return value ? value : json_object_get(object, member->rest);
	memcpy(above, member->rest, (size_t)(dot - member->rest));
	above[dot - member->rest] = '\0';
	return json_object_get(json_object_get(object, above), dot + 1);
}

enum rk_rc
rk_api_missing(const struct rk_api_member *member, const char *what, struct rk_err *err)
{
	return rk_err_set(err, RK_EDATA, "%s: missing \"%s\" (REST: %s)", what, member->gh, member->rest);
}

enum rk_rc
rk_api_invalid(const struct rk_api_member *member, const char *what, const char *expected, struct rk_err *err)
{
	return rk_err_set(err, RK_EDATA, "%s: invalid \"%s\" (REST: %s): expected %s", what, member->gh, member->rest, expected);
}

enum rk_rc
rk_api_put_string(json_t *into, const struct rk_api_member *member, const json_t *value, const char *what,
    struct rk_err *err)
{
	const char *s = json_string_value(value);

	if (!value || json_is_null(value))
		return rk_api_missing(member, what, err);
	if (!s || strlen(s) != json_string_length(value))
		return rk_api_invalid(member, what, "a string", err);
	rk_json_set(into, member->name, json_string(s));
	return RK_OK;
}

enum rk_rc
rk_api_check(const json_t *object, const char *expected, struct rk_err *err)
{
	const char *message = rk_json_string(json_array_get(json_object_get(object, "errors"), 0), "message");

	if (!message)
		message = rk_json_string(object, "message");
	return message ? rk_err_set(err, RK_EDATA, "expected %s, got an error: %s", expected, message) : RK_OK;
}
