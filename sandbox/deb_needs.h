/* deb_needs.h - what packages of dpkg need: found in the folders given, by apt, and installed before them. */
#pragma once
#include "sandbox/trial.h"

#define DEB_REPOSITORY "/run/sluice"
/* The file in which everything is that apt is told (deb_configure). */
extern const char deb_apt_conf[];
#define DEB_APT "apt-get", "-y", "-c", deb_apt_conf, "--allow-downgrades"

/* Before apt is called: what it reads, how it calls dpkg. */
int deb_configure(struct trial *t, struct err *e) MUST;
/* head, then the items, then NULL; free the list only. */
const char **deb_with_items(const char *const *head, const char *const *items);
/* The given folders, as a repository that apt reads. */
int deb_repository(struct trial *t, struct err *e) MUST;
/* Everything that the packages need and the folders have; t->needs_apt when they have to come together with it. */
int deb_dependencies(struct trial *t, struct err *e) MUST;
