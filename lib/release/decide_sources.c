#include "release/decide_sources.h"
#include "base/err.h"
#include "release/decide.h"
#include "release/ring_commits.h"

enum rk_rc
rk_decide_sources(struct rk_decision *decision, const struct rk_ring_commits_sources *from, struct rk_err *err)
{
	struct rk_ring_commits commits = { 0 };
	enum rk_rc rc = rk_decide_base(decision, from, err);

	if (rc != RK_OK || rk_decide_action(decision) != RK_SET)
		return rc;
	rc = rk_ring_commits_read(from, rk_decide_ring(decision), rk_decide_head(decision), &commits, err);
	if (rc == RK_OK)
		rc = rk_decide_build(decision, &commits, err);
	if (rc == RK_OK)
		rc = rk_decide_image(decision, from, &commits, err);
	if (rc == RK_OK)
		rc = rk_decide_values(decision, from, err);
	if (rc == RK_OK)
		rc = rk_decide_rejected(decision, from, err);
	rk_ring_commits_free(&commits);
	return rc;
}
