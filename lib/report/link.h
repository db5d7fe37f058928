#ifndef RK_LINK_H
#define RK_LINK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

#define RK_LINK_SERVER "https://github.com"

/*
 * Links to a forge.  Each function appends a URL in which every part of the input has been validated, so that it needs no
 * further escaping in an attribute, and returns true; otherwise it appends nothing and returns false.
 *
 *   server  as rk_link_server() accepts it
 *   gitops  the GitOps repository, as rk_link_repository() accepts it, or NULL: then there is no link
 */

/* Append the URL of the pull request OWNER/NAME#NUMBER. */
bool rk_link_pull_request(struct rk_strbuf *url, const char *server, const char *pull_request);

/* Append the URL of a commit, 7 to 64 hexadecimal digits, in the repository of the pull request OWNER/NAME#NUMBER. */
bool rk_link_service_commit(struct rk_strbuf *url, const char *server, const char *pull_request, const char *commit);

/* Append the URL of a commit in the GitOps repository. */
bool rk_link_gitops_commit(struct rk_strbuf *url, const char *server, const char *gitops, const char *commit);

/* Append the URL of the pull requests in the GitOps repository that have a commit, or whose branch is named. */
bool rk_link_commit_proposal(struct rk_strbuf *url, const char *server, const char *gitops, const char *commit);
bool rk_link_branch_proposal(struct rk_strbuf *url, const char *server, const char *gitops, const char *branch);

/* Check a forge's address, https://HOST or https://HOST:PORT, and a repository, OWNER/NAME.  RK_EUSAGE: it is another string. */
enum rk_rc rk_link_server(const char *server, struct rk_err *err);
enum rk_rc rk_link_repository(const char *repository, struct rk_err *err);

#endif
