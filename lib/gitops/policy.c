#include <stddef.h>
#include <string.h>

#include "gitops/catalog_internal.h"
#include "base/validate.h"
#include "report/age.h"

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
