/*
 * In place of libgit2's network, in programs that are linked statically: ringkit lets Git fetch and push.  With it they would need
 * libraries that Debian does not have as archives (Kerberos), and be much larger.  The names are those that the rest of libgit2
 * uses; another version with other names does not link.
 */
#include <pwd.h>
#include <stdbool.h>

#include <git2.h>
#include <git2/sys/transport.h>

bool git_http__expect_continue;
int git_socket_stream__connect_timeout, git_socket_stream__timeout;

#define TRANSPORT(name)	\
	int name(git_smart_subtransport **out, git_transport *owner, void *param)	\
	{	\
		(void)owner;	\
		(void)param;	\
		*out = NULL;	\
		return GIT_ERROR;	\
	}

TRANSPORT(git_smart_subtransport_git)
TRANSPORT(git_smart_subtransport_http)
TRANSPORT(git_smart_subtransport_ssh)

/* What git_libgit2_init() calls */
#define START(name)	\
	int name(void);	\
	int name(void) { return 0; }

START(git_mbedtls_stream_global_init)
START(git_openssl_stream_global_init)
START(git_socket_stream_global_init)
START(git_stream_registry_global_init)
START(git_transport_ssh_global_init)
START(git_transport_ssh_libssh2_global_init)

int git_mbedtls__set_cert_location(const char *file, const char *path);
int
git_mbedtls__set_cert_location(const char *file, const char *path)
{
	(void)file;
	(void)path;
	return GIT_ERROR;
}

/* glibc would load libraries for this at run time.  libgit2 calls it in programs that run as another user (setuid), which ours do not. */
int
getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	(void)uid;
	(void)entry;
	(void)buffer;
	(void)size;
	*found = NULL;
	return 0;
}
