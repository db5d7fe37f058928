#include "gitops/finding.h"
#include "base/code.h"
#include "base/err.h"

enum rk_rc
rk_finding_add(json_t *findings, const struct rk_finding *about, struct rk_err *err)
{
	json_t *finding = json_pack("{ss ss ss ss* ss* ss* ss*}", "type", "finding", "code", rk_code_word(err->code), "reason",
	    err->msg, "service", about->service, "chart", about->chart, "tenant", about->tenant, "path", about->path);

	return json_array_append_new(findings, finding) == 0 ? RK_OK : rk_err_nomem(err);
}
