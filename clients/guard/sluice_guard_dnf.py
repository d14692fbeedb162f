# sluice_guard_dnf.py - plugin of dnf 4: refuses a Sluice channel that is frozen or was rolled back, before anything of it can be chosen.
#
# dnf shows plugins an exception of its own only (anything else it logs and goes on), so everything that goes wrong in here becomes one.
import atexit
import os
import resource
import shutil
import sys

import dnf
import dnf.exceptions
import dnf.transaction
import libdnf.transaction


class SluiceGuard(dnf.Plugin):
    name = "sluice_guard"

    def __init__(self, base, cli):
        super().__init__(base, cli)
        self.base, self.cli = base, cli
        self.is_under_way = False

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

    def library(self):
        sys.path.insert(0, self.setting("library", "/usr/lib/sluice"))
        writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # nothing that a removal would leave behind
        try:
            import sluice_guard as guard
            import sluice_report as report
        finally:
            sys.path.pop(0)
            sys.dont_write_bytecode = writes
        return guard, report

    def check(self):
        guard, _ = self.library()
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

    # ---- how it went, where that was asked for: what brings packages of a channel either gets to transaction() or has failed when dnf ends

    def ours(self, channel):
        repositories = {repo.id for repo, _ in self.repositories(channel)}
        return [item for item in self.base.transaction or () if item.pkg.repoid in repositories and item.action in dnf.transaction.FORWARD_ACTIONS]

    def report(self, status_of):
        """status_of(items): "ok" or "failed", and what went wrong. Never fails dnf."""
        try:
            guard, report = self.library()
            for channel in guard.load_channels(self.setting("channels", "/etc/sluice/channels")):
                items = self.ours(channel) if report.is_wanted(channel) else ()
                if items:
                    report.send(channel, self.setting("state", "/var/lib/sluice/channels"), *status_of(items))
        except Exception as why:
            print("sluice-guard: warning: no report: %s" % why, file=sys.stderr)

    def pre_transaction(self):
        self.is_under_way = True
        atexit.register(self.at_end)

    def transaction(self):
        self.is_under_way = False

        def status_of(items):
            wrong = ["%s was not installed" % item.pkg for item in items if item.state == libdnf.transaction.TransactionItemState_ERROR]
            return "failed" if wrong else "ok", "; ".join(wrong)

        self.report(status_of)

    def at_end(self):
        if self.is_under_way:
            self.report(lambda items: ("failed", "the transaction did not end: " + ", ".join(str(item.pkg) for item in items)))

    def sack(self):
        try:
            self.check()
        except dnf.exceptions.Error:
            raise
        except Exception as why:  # an error is a no
            raise dnf.exceptions.Error("sluice-guard: %s" % why) from why
