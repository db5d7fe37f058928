#ifndef RK_ADOPT_H
#define RK_ADOPT_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/values.h"

#define RK_ADOPT_BYTES (512u << 10)	/* of a manifest whose values are compared */

/*
 * Writing overrides that live objects have into the manifests, so that nothing that runs changes.  What is to be adopted is one
 * object for each tenant and service: {"tenant": s, "service": s, "ring": s, "image": {"repository": s, "tag": s},
 * "objects": {"<name>": true}, "charts": {"<chart>": true}, "digests": {"<digest>": true}, "fault": s, "code": s}.  Without digests
 * the Helm values are not compared; fault says why it cannot be adopted.
 */

/* Add a record of ringls --apps to adoptions, {"<tenant>\n<service>": ...}.  RK_EDATA: it is not one. */
enum rk_rc rk_adopt_add(json_t *adoptions, const json_t *record, struct rk_err *err);

/* Check what is known before manifests are read.  RK_REFUSED: live-differs, bad-values. */
enum rk_rc rk_adopt_check(const json_t *adoption, const struct rk_service *service, struct rk_err *err);

/* Check that the live objects have the image for each chart that the manifests deploy.  RK_REFUSED: live-differs. */
enum rk_rc rk_adopt_check_charts(const json_t *adoption, const json_t *charts, struct rk_err *err);

/*
 * Check that a manifest gives Helm the values that a live object has, if its text becomes the one given, which is emptied.  Values
 * in a place that the catalogue names are not compared, for only a part of the object is there.
 * RK_REFUSED: live-differs; too-large, if it has more than RK_ADOPT_BYTES; and as rk_helm_values_read().
 */
enum rk_rc rk_adopt_check_values(const json_t *adoption, const struct rk_values *values, const struct rk_catalog *catalog,
    struct rk_strbuf *text, struct rk_err *err);

#endif
