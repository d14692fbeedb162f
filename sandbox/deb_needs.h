/* deb_needs.h - what packages of dpkg need: found in the folders given, by apt, and installed before them. */
#pragma once
#include "sandbox/trial.h"

#define DEB_REPOSITORY "/run/sluice"
extern const char deb_sources[];
#define DEB_APT                                                                                                        \
	"apt-get", "-y", "-o", deb_sources, "-o", "Dir::Etc::SourceParts=/dev/null", "-o", "APT::Sandbox::User=root",  \
		"-o", "Dpkg::Options::=-D2", "-o", "Dpkg::Options::=--force-confdef", "-o",                            \
		"Dpkg::Options::=--force-confold", "-o", "Dpkg::Use-Pty=0", "--allow-downgrades"

/* head, then the items, then NULL; free the list only. */
const char **deb_with_items(const char *const *head, const char *const *items);
/* The given folders, as a repository that apt reads. */
int deb_repository(struct trial *t, struct err *e) MUST;
/* Everything that the packages need and the folders have; t->needs_apt when they have to come together with it. */
int deb_dependencies(struct trial *t, struct err *e) MUST;
