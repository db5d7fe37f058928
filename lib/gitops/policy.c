#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "gitops/policy.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/catalog_internal.h"
#include "gitops/value_rules.h"
#include "report/age.h"
#include "yaml/yaml.h"

#define DAY 86400

static void
read_cohort(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	char **cohort = member;
	const char *fault;

	rk_catalog_reader_string(r, node, cohort, rule);
	fault = r->rc == RK_OK ? rk_validate_cohort(*cohort, strlen(*cohort)) : NULL;
	if (fault)
		rk_catalog_reader_wrong(r, node, "invalid cohort \"%s\": it %s (expected github:path:NAME or tenant:name:NAME)", *cohort,
		    fault);
}

static void
read_soak(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	int64_t *seconds = member;
	char *text = NULL;

	rk_catalog_reader_string(r, node, &text, rule);
	if (r->rc == RK_OK && rk_age_duration("soak", text, seconds, r->err) != RK_OK)
		rk_catalog_reader_wrong(r, node, "%s", r->err->msg);
}

void
rk_policy_waves(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	static const struct rk_catalog_key keys[] = {
		{ "cohort", read_cohort, offsetof(struct rk_wave, cohort), NULL },
		{ "soak", read_soak, offsetof(struct rk_wave, soak), NULL },
		{ 0 }
	};
	struct rk_waves *waves = member;
	size_t n, i;
	uint32_t item = rk_catalog_reader_items(r, node, &n);
	struct rk_wave *wave;

	(void)rule;
	waves->item = rk_catalog_reader_own(r, n * sizeof *waves->item);
	for (; r->rc == RK_OK && waves->n < n; item = rk_yaml_node(r->file.yaml, item)->next) {
		wave = &waves->item[waves->n++];
		rk_catalog_reader_keys(r, item, keys, wave);
		if (r->rc == RK_OK && !wave->cohort)
			rk_catalog_reader_wrong(r, item, "missing \"cohort\" of a wave");
		for (i = 0; r->rc == RK_OK && wave->cohort && i + 1 < waves->n; i++)
			if (strcmp(waves->item[i].cohort, wave->cohort) == 0)
				rk_catalog_reader_wrong(r, item, "the cohort \"%s\" is in two waves", wave->cohort);
	}
}

/* Read a day.  It needs no quotes, although YAML 1.1 takes it for a time. */
static void
read_day(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_strbuf text = { 0 }, start = { 0 };
	struct rk_day *day = member;

	(void)rule;
	if (rk_yaml_scalar(r->file.yaml, node, &text, r->err) == RK_OK)
		rk_strbuf_add(&start, rk_strbuf_str(&text), text.len);
	rk_strbuf_puts(&start, "T00:00:00Z");
	if (rk_age_time("", start.data, &day->start, r->err) == RK_OK)
		day->text = rk_catalog_reader_own_string(r, text.data);
	else
		rk_catalog_reader_wrong(r, node, "expected a day, YYYY-MM-DD");
	rk_strbuf_free(&text);
	rk_strbuf_free(&start);
}

void
rk_policy_freezes(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	static const struct rk_catalog_key keys[] = {
		{ "from", read_day, offsetof(struct rk_freeze, from), NULL },
		{ "to", read_day, offsetof(struct rk_freeze, to), NULL },
		{ 0 }
	};
	struct rk_freezes *freezes = member;
	size_t n;
	uint32_t item = rk_catalog_reader_items(r, node, &n);
	struct rk_freeze *freeze;

	(void)rule;
	freezes->item = rk_catalog_reader_own(r, n * sizeof *freezes->item);
	for (; r->rc == RK_OK && freezes->n < n; item = rk_yaml_node(r->file.yaml, item)->next) {
		freeze = &freezes->item[freezes->n++];
		rk_catalog_reader_keys(r, item, keys, freeze);
		if (r->rc == RK_OK && (!freeze->from.text || !freeze->to.text))
			rk_catalog_reader_wrong(r, item, "missing \"%s\" of a freeze", freeze->from.text ? "to" : "from");
		else if (r->rc == RK_OK && freeze->to.start < freeze->from.start)
			rk_catalog_reader_wrong(r, item, "the freeze ends on %s, before it begins", freeze->to.text);
	}
}

static void
read_cohorts(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_strings *cohorts = member;
	uint32_t item;
	size_t n, i;

	rk_catalog_reader_strings(r, node, cohorts, rule);
	item = r->rc == RK_OK ? rk_catalog_reader_items(r, node, &n) : 0;
	for (i = 0; r->rc == RK_OK && i < cohorts->n; i++, item = rk_yaml_node(r->file.yaml, item)->next)
		read_cohort(r, item, &cohorts->item[i], rule);
}

/* Read paths as "allow" of a service has them, with the service before them, into SERVICE and a JSON Pointer. */
static void
read_paths(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_strings *paths = member;
	struct rk_strbuf path = { 0 };
	const char *s;
	size_t i, len;

	rk_catalog_reader_strings(r, node, paths, rule);
	for (i = 0; r->rc == RK_OK && i < paths->n; i++) {
		s = paths->item[i];
		len = strcspn(s, "/");
		rk_strbuf_clear(&path);
		rk_strbuf_add(&path, s, len);
		if (s[len])
			rk_catalog_reader_components(r, node, s + len + 1, &path);
		paths->item[i] = rk_catalog_reader_own_string(r, rk_strbuf_str(&path));
	}
	rk_strbuf_free(&path);
}

void
rk_policy_merge(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	static const struct rk_catalog_key keys[] = {
		{ "set", read_cohorts, offsetof(struct rk_merge_policy, set), NULL },
		{ "clear", rk_catalog_reader_bool, offsetof(struct rk_merge_policy, clear), NULL },
		{ "values", read_paths, offsetof(struct rk_merge_policy, values), NULL },
		{ "per-day", rk_catalog_reader_number, offsetof(struct rk_merge_policy, per_day), NULL },
		{ 0 }
	};
	struct rk_merge_policy *policy = member;

	(void)rule;
	rk_catalog_reader_keys(r, node, keys, policy);
	policy->given = true;
}

void
rk_policy_check_merge(struct rk_catalog_reader *r)
{
	const struct rk_strings *paths = &r->catalog->merge.values;
	const uint32_t merge = rk_yaml_get(r->file.yaml, rk_yaml_root(r->file.yaml, 0), "merge");
	const struct rk_service *service;
	uint32_t item;
	size_t n, i, k, len;

	item = r->rc == RK_OK && paths->n ? rk_catalog_reader_items(r, rk_yaml_get(r->file.yaml, merge, "values"), &n) : 0;
	for (i = 0; r->rc == RK_OK && i < paths->n; i++, item = rk_yaml_node(r->file.yaml, item)->next) {
		len = strcspn(paths->item[i], "/");
		service = NULL;
		for (k = 0; k < r->catalog->n_services && !service; k++)
			if (strncmp(r->catalog->service[k].name, paths->item[i], len) == 0 && !r->catalog->service[k].name[len])
				service = &r->catalog->service[k];
		if (!service || !paths->item[i][len])
			rk_catalog_reader_wrong(r, item, "expected SERVICE/CHART/KEY, with a service of the catalogue");
		else if (rk_value_rules_allow(r->catalog, service, paths->item[i] + len, r->err) != RK_OK)
			rk_catalog_reader_wrong(r, item, "%s", r->err->msg);
	}
}

const struct rk_freeze *
rk_policy_freeze(const struct rk_catalog *catalog, int64_t now)
{
	size_t i;

	for (i = 0; i < catalog->freezes.n; i++)
		if (now >= catalog->freezes.item[i].from.start && now < catalog->freezes.item[i].to.start + DAY)
			return &catalog->freezes.item[i];
	return NULL;
}

enum rk_rc
rk_policy_check_freeze(const struct rk_freeze *freeze, const json_t *patches, struct rk_err *err)
{
	json_t *patch;
	size_t i;

	json_array_foreach(patches, i, patch)
		if (freeze && json_array_size(json_object_get(patch, "edits")) > 0)
			return rk_err_refuse(err, RK_CODE_FROZEN, "the catalogue freezes releases from %s to %s (UTC)", freeze->from.text,
			    freeze->to.text);
	return RK_OK;
}

/* The selector of labels, or of all labels of a source that have no entry of their own. */
static char *
read_allowed_cohort(struct rk_catalog_reader *r, uint32_t key)
{
	static const char *const sources[] = { "github:path:", "tenant:name:" };
	char *cohort = rk_catalog_reader_scalar(r, key);
	struct rk_strbuf sample = { 0 };
	const char *fault;
	size_t i;

	if (r->rc != RK_OK)
		return NULL;
	rk_strbuf_puts(&sample, cohort);
	if (sample.len > 2 && strcmp(sample.data + sample.len - 2, ":*") == 0)
		sample.data[sample.len - 1] = 'x';
	fault = rk_validate_cohort(sample.data, sample.len);
	for (i = 0; i < sizeof sources / sizeof *sources && strncmp(cohort, sources[i], strlen(sources[i])) != 0; i++)
		;
	/* a misspelt source would protect nothing */
	if (!fault && i == sizeof sources / sizeof *sources)
		fault = "has another source";
	if (fault)
		rk_catalog_reader_wrong(r, key, "invalid cohort \"%s\": it %s (expected github:path:NAME or tenant:name:NAME, or * as "
		    "NAME for all others)", cohort, fault);
	rk_strbuf_free(&sample);
	return cohort;
}

static void
read_who(struct rk_catalog_reader *r, uint32_t node, struct rk_strings *who)
{
	const char *fault;
	uint32_t item;
	size_t n, i;

	rk_catalog_reader_strings(r, node, who, NULL);
	if (r->rc != RK_OK)
		return;
	item = rk_catalog_reader_items(r, node, &n);
	for (i = 0; r->rc == RK_OK && i < n; i++, item = rk_yaml_node(r->file.yaml, item)->next) {
		fault = rk_validate_actor(who->item[i], strlen(who->item[i]));
		if (fault)
			rk_catalog_reader_wrong(r, item, "invalid login or team \"%s\": it %s (expected LOGIN or ORG/TEAM)", who->item[i], fault);
	}
}

void
rk_policy_allowed(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	const struct rk_yaml_node *map = rk_yaml_node(r->file.yaml, node);
	struct rk_allowed_list *list = member;
	struct rk_allowed *entry;
	uint32_t key, value;
	size_t i;

	(void)rule;
	if (map->kind != RK_YAML_MAP)
		rk_catalog_reader_wrong(r, node, "expected a map of cohorts to logins and teams");
	list->item = rk_catalog_reader_own(r, (map->count / 2 + 1) * sizeof *list->item);
	for (key = map->child; r->rc == RK_OK && key; key = rk_yaml_node(r->file.yaml, value)->next) {
		value = rk_yaml_node(r->file.yaml, key)->next;
		entry = &list->item[list->n++];
		entry->cohort = read_allowed_cohort(r, key);
		for (i = 0; r->rc == RK_OK && entry->cohort && i + 1 < list->n; i++)
			if (strcasecmp(list->item[i].cohort, entry->cohort) == 0)
				rk_catalog_reader_wrong(r, key, "duplicate key \"%s\"", entry->cohort);
		if (r->rc == RK_OK)
			read_who(r, value, &entry->who);
	}
}

const struct rk_strings *
rk_policy_may_label(const struct rk_catalog *catalog, const char *cohort)
{
	const char *value = strrchr(cohort, ':');
	const size_t before = value ? (size_t)(value - cohort) + 1 : 0;
	const struct rk_strings *others = NULL;
	const struct rk_allowed *entry;
	size_t i;

	for (i = 0; i < catalog->allowed.n; i++) {
		entry = &catalog->allowed.item[i];
		if (strcasecmp(entry->cohort, cohort) == 0)
			return &entry->who;
		if (strncasecmp(entry->cohort, cohort, before) == 0 && strcmp(entry->cohort + before, "*") == 0)
			others = &entry->who;
	}
	return others;
}
