#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gitops/helm_set.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"

static enum rk_rc
refuse_name(const char *name, const char *why, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_BAD_VALUES, "invalid name of a parameter, \"%s\": %s", name, why);
}

/* Add the key that starts at *at, and move *at to what ends it. */
static enum rk_rc
add_key(const char *name, const char **at, struct rk_helm_set *set, struct rk_err *err)
{
	size_t start = set->keys.len;

	for (; **at && **at != '.' && **at != '['; ++*at) {
		if (**at == '=' || **at == ',')
			return refuse_name(name, "it has \"=\" or \",\"", err);
		if (**at == '\\' && !*++*at)
			return refuse_name(name, "it ends with a backslash", err);
		rk_strbuf_putc(&set->keys, **at);
	}
	if (set->keys.len == start)
		return refuse_name(name, "a key is empty", err);
	rk_strbuf_putc(&set->keys, '\0');
	set->step[set->n].is_index = false;
	set->step[set->n++].key = start;
	return RK_OK;
}

/* Add the index whose "[" is at *at, and move *at to what follows its "]". */
static enum rk_rc
add_index(const char *name, const char **at, struct rk_helm_set *set, struct rk_err *err)
{
	size_t len = strspn(*at + 1, "0123456789");
	unsigned long index;

	if (len == 0 || (*at)[1 + len] != ']')
		return refuse_name(name, "an index is not a number in brackets", err);
	errno = 0;
	index = strtoul(*at + 1, NULL, 10);
	if (errno || index > RK_HELM_SET_INDEX)
		return refuse_name(name, "an index is greater than 1000", err);
	*at += len + 2;
	if (**at && **at != '.' && **at != '[')
		return refuse_name(name, "an index is not followed by \".\" or \"[\"", err);
	set->step[set->n].is_index = true;
	set->step[set->n++].index = index;
	return RK_OK;
}

enum rk_rc
rk_helm_set_parse(const char *name, struct rk_helm_set *set, struct rk_err *err)
{
	const char *at = name;
	enum rk_rc rc;

	*set = (struct rk_helm_set){ 0 };
	rc = add_key(name, &at, set, err);
	while (rc == RK_OK && *at) {
		if (set->n == RK_HELM_SET_LEVELS)
			return refuse_name(name, "more than 30 keys and indices", err);
		if (*at == '[') {
			rc = add_index(name, &at, set, err);
		} else {
			at++;
			rc = add_key(name, &at, set, err);
		}
	}
	return rc;
}

void
rk_helm_set_free(struct rk_helm_set *set)
{
	rk_strbuf_free(&set->keys);
	*set = (struct rk_helm_set){ 0 };
}

static const char *
key_of(const struct rk_helm_set *set, size_t step)
{
	return set->keys.data + set->step[step].key;
}

bool
rk_helm_set_covers(const struct rk_helm_set *a, const struct rk_helm_set *b)
{
	size_t i;

	for (i = 0; i < a->n && i < b->n && a->step[i].is_index == b->step[i].is_index; i++)
		if (a->step[i].is_index ? a->step[i].index != b->step[i].index : strcmp(key_of(a, i), key_of(b, i)) != 0)
			break;
	return i == a->n;
}

/* Return a value as Helm reads it: a whole number, true, false, null, or a string. */
static json_t *
typed(const char *value, bool string)
{
	char *end;
	long long number;

	if (!string && strcasecmp(value, "true") == 0)
		return json_true();
	if (!string && strcasecmp(value, "false") == 0)
		return json_false();
	if (!string && strcasecmp(value, "null") == 0)
		return json_null();
	if (!string && (strcmp(value, "0") == 0 || (*value && *value != '0' && strchr("+-123456789", *value)))) {
		errno = 0;
		number = strtoll(value, &end, 10);
		if (!errno && end > value && !*end)
			return json_integer(number);
	}
	return json_string(value);
}

static enum rk_rc
refuse_value(const char *value, const char *why, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_BAD_VALUES, "invalid value of a parameter, \"%s\": %s", value, why);
}

/* Parse a value that is not a list.  Argo CD quotes each comma that does not follow a backslash. */
static enum rk_rc
parse_scalar(const char *value, bool string, json_t **json, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	const char *at;
	enum rk_rc rc = RK_OK;

	for (at = value; rc == RK_OK && *at; at++) {
		if (*at == ',' && at > value && at[-1] == '\\')
			rc = refuse_value(value, "a comma follows two backslashes", err);
		else if (*at == '\\' && !*++at)
			rc = refuse_value(value, "it ends with a backslash", err);
		else
			rk_strbuf_putc(&text, *at);
		if (rc != RK_OK)
			break;
	}
	if (rc == RK_OK)
		*json = typed(rk_strbuf_str(&text), string);
	rk_strbuf_free(&text);
	return rc;
}

/* Parse a list, {a,b}. */
static enum rk_rc
parse_list(const char *value, bool string, json_t **json, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	const char *at;
	bool ended = false;

	*json = json_array();
	for (at = value + 1; *at && !ended; at++) {
		if (*at == ',' || *at == '}') {
			ended = *at == '}';
			rk_json_append(*json, typed(rk_strbuf_str(&text), string));
			rk_strbuf_clear(&text);
			continue;
		}
		if (*at == '\\' && !*++at)
			break;
		rk_strbuf_putc(&text, *at);
	}
	rk_strbuf_free(&text);
	if (ended && !*at)
		return RK_OK;
	json_decref(*json);
	*json = NULL;
	return refuse_value(value, "a list does not end with its first \"}\"", err);
}

static enum rk_rc
parse_value(const char *value, bool string, json_t **json, struct rk_err *err)
{
	*json = NULL;
	return *value == '{' ? parse_list(value, string, json, err) : parse_scalar(value, string, json, err);
}

/* Put value, which is stolen, at a step into the map or list that at is. */
static json_t *
put(const struct rk_helm_set *set, size_t step, json_t *at, json_t *value)
{
	size_t index = set->step[step].index;

	if (!set->step[step].is_index) {
		rk_json_set(at, key_of(set, step), value);
		return value;
	}
	while (json_array_size(at) <= index)
		rk_json_append(at, json_null());
	json_array_set_new(at, index, value);
	return value;
}

/* Find or make the map or list that the next step is in.  An item of a list that is not a map is replaced by one. */
static enum rk_rc
descend(const struct rk_helm_set *set, size_t step, json_t **at, struct rk_err *err)
{
	const bool is_index = set->step[step].is_index, list = set->step[step + 1].is_index;
	json_t *next = is_index ? json_array_get(*at, set->step[step].index) : json_object_get(*at, key_of(set, step));

	if (next && (list ? json_is_array(next) : json_is_object(next))) {
		*at = next;
		return RK_OK;
	}
	if (next && !(is_index && (!list || json_is_null(next))))
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "what a parameter sets is in another than a %s, as which Helm does not "
		    "accept it", list ? "list" : "map");
	*at = put(set, step, *at, list ? json_array() : json_object());
	return RK_OK;
}

enum rk_rc
rk_helm_set_apply(const struct rk_helm_set *set, const char *value, bool string, json_t *values, struct rk_err *err)
{
	json_t *json, *at = values;
	enum rk_rc rc = parse_value(value, string, &json, err);
	size_t step;

	for (step = 0; rc == RK_OK && step + 1 < set->n; step++)
		rc = descend(set, step, &at, err);
	if (rc == RK_OK)
		put(set, step, at, json);
	else
		json_decref(json);
	return rc;
}
