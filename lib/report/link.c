#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "report/link.h"

#define DIGITS "0123456789"
#define ALPHANUMERIC DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

#define OWNER 39	/* characters of a name of a user or an organization */
#define NAME 100	/* of a repository */
#define NUMBER 10	/* digits of a pull request's number */
#define BRANCH 200
#define HOST 253

/* Return the length of the repository OWNER/NAME that s starts with; 0: there is none. */
static size_t
repository_of(const char *s)
{
	size_t owner = strspn(s, ALPHANUMERIC "-"), name;

	if (owner == 0 || owner > OWNER || *s == '-' || s[owner] != '/')
		return 0;
	s += owner + 1;
	name = strspn(s, ALPHANUMERIC "._-");
	/* a browser would take the component away */
	if (name == 0 || name > NAME || strspn(s, ".") == name)
		return 0;
	return owner + 1 + name;
}

/* Return the length of the repository of the pull request OWNER/NAME#NUMBER; 0: it does not have that form. */
static size_t
repository_of_pull(const char *pull_request)
{
	size_t len = repository_of(pull_request), digits;

	if (len == 0 || pull_request[len] != '#' || pull_request[len + 1] == '0')
		return 0;
	digits = strspn(pull_request + len + 1, DIGITS);
	return digits > 0 && digits <= NUMBER && !pull_request[len + 1 + digits] ? len : 0;
}

static bool
is_commit(const char *s)
{
	size_t len = strlen(s);

	return len >= 7 && len <= 64 && strspn(s, DIGITS "abcdef") == len;
}

bool
rk_link_pull_request(struct rk_strbuf *url, const char *server, const char *pull_request)
{
	size_t len = repository_of_pull(pull_request);

	if (len)
		rk_strbuf_printf(url, "%s/%.*s/pull/%s", server, (int)len, pull_request, pull_request + len + 1);
	return len != 0;
}

bool
rk_link_service_commit(struct rk_strbuf *url, const char *server, const char *pull_request, const char *commit)
{
	size_t len = repository_of_pull(pull_request);

	if (!len || !is_commit(commit))
		return false;
	rk_strbuf_printf(url, "%s/%.*s/commit/%s", server, (int)len, pull_request, commit);
	return true;
}

bool
rk_link_gitops_commit(struct rk_strbuf *url, const char *server, const char *gitops, const char *commit)
{
	if (!gitops || !is_commit(commit))
		return false;
	rk_strbuf_printf(url, "%s/%s/commit/%s", server, gitops, commit);
	return true;
}

bool
rk_link_commit_proposal(struct rk_strbuf *url, const char *server, const char *gitops, const char *commit)
{
	if (!gitops || !is_commit(commit))
		return false;
	rk_strbuf_printf(url, "%s/%s/pulls?q=is%%3Apr+%s", server, gitops, commit);
	return true;
}

bool
rk_link_branch_proposal(struct rk_strbuf *url, const char *server, const char *gitops, const char *branch)
{
	size_t len = strlen(branch);

	if (!gitops || len == 0 || len > BRANCH || strspn(branch, ALPHANUMERIC "._/-") != len)
		return false;
	rk_strbuf_printf(url, "%s/%s/pulls?q=is%%3Apr+head%%3A%s", server, gitops, branch);
	return true;
}

enum rk_rc
rk_link_server(const char *server, struct rk_err *err)
{
	static const char scheme[] = "https://";
	const char *host = server + sizeof scheme - 1, *end;
	size_t len, digits;

	if (strncmp(server, scheme, sizeof scheme - 1) != 0)
		return rk_err_set(err, RK_EUSAGE, "--server: expected https://HOST, got \"%s\"", server);
	len = strspn(host, ALPHANUMERIC ".-");
	end = host + len;
	digits = *end == ':' ? strspn(end + 1, DIGITS) : 0;
	if (len == 0 || len > HOST || digits > 5 || end[digits ? digits + 1 : 0])
		return rk_err_set(err, RK_EUSAGE, "--server: expected https://HOST, got \"%s\"", server);
	return RK_OK;
}

enum rk_rc
rk_link_repository(const char *repository, struct rk_err *err)
{
	size_t len = repository_of(repository);

	if (len == 0 || repository[len])
		return rk_err_set(err, RK_EUSAGE, "--gitops: expected OWNER/NAME, got \"%s\"", repository);
	return RK_OK;
}
