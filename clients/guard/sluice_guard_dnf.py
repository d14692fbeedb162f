# sluice_guard_dnf.py - plugin of dnf 4: refuses a Sluice channel that is frozen or was rolled back, before anything of it can be chosen.
#
# dnf shows plugins an exception of its own only (anything else it logs and goes on), so everything that goes wrong in here becomes one.
import os
import resource
import shutil
import sys

import dnf
import dnf.exceptions


class SluiceGuard(dnf.Plugin):
    name = "sluice_guard"

    def __init__(self, base, cli):
        super().__init__(base, cli)
        self.base, self.cli = base, cli

    def setting(self, name, usual):
        parser = self.read_config(self.base.conf)
        return parser.get("main", name) if parser.has_section("main") and parser.has_option("main", name) else usual

    def repositories(self, channel):
        """(repository, its place in the channel's tree) of each enabled one of this channel."""
        for repo in self.base.repos.iter_enabled():
            for url in repo.baseurl:
                if url.startswith(channel["url"] + "/rpm"):
                    yield repo, url[len(channel["url"]) + 1:].strip("/")

    def held(self, guard, channel):
        for repo, place in self.repositories(channel):
            file = os.path.join(repo._repo.getCachedir(), "repodata", "repomd.xml")
            if os.path.exists(file):
                yield guard.Index(place + "/repodata/repomd.xml", file, guard.dnf_index_time(file))

    def fetch(self, guard, channel):
        repo = next((r for r, _ in self.repositories(channel)), None)

        def get(url, to):
            # dnf fetches into a file of its own first, whatever its size: what never ends must not fill the disk
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            most = guard.RELEASE_MAX + 4096
            resource.setrlimit(resource.RLIMIT_FSIZE, (most if before[1] == resource.RLIM_INFINITY else min(most, before[1]), before[1]))
            try:
                with self.base.urlopen(url, repo) as source, open(to, "wb") as out:
                    shutil.copyfileobj(source, out)
            except OSError as why:
                raise guard.Unreachable(str(why)) from why
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)

        return get

    def check(self):
        sys.path.insert(0, self.setting("library", "/usr/lib/sluice"))
        writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # nothing that a removal would leave behind
        try:
            import sluice_guard as guard
        finally:
            sys.path.pop(0)
            sys.dont_write_bytecode = writes
        for channel in guard.load_channels(self.setting("channels", "/etc/sluice/channels")):
            if not any(self.repositories(channel)):
                continue
            state = self.setting("state", "/var/lib/sluice/channels")
            if self.base.conf.cacheonly:  # nothing is fetched; what is known must do
                why = guard.standing(channel, state)
                if why:
                    raise dnf.exceptions.Error("sluice-guard: " + why)
                continue
            if guard.recent(channel, state, self.held(guard, channel)):
                continue
            warning = guard.check(channel, state, self.fetch(guard, channel), lambda _, channel=channel: self.held(guard, channel))
            if warning:
                print("sluice-guard: warning: " + warning, file=sys.stderr)

    def sack(self):
        try:
            self.check()
        except dnf.exceptions.Error:
            raise
        except Exception as why:  # an error is a no
            raise dnf.exceptions.Error("sluice-guard: %s" % why) from why
