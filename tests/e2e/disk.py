"""disk.py SLUICE SHIM SOURCES BASE - commands under faults, see disk.sh: each begins in a fresh copy of the folder BASE, in a process group of its own, with the shim
(faulty_shim.c) that counts its calls and makes them fail. DISK_ONLY=WORD[,WORD] (of names), DISK_POINTS=N, DISK_KINDS=full,read,kill: for whoever looks for something."""
import datetime, glob, hashlib, json, mmap, os, shutil, signal, struct, subprocess, sys

SLUICE, SHIM, SOURCES = sys.argv[1:4]
BASE = os.path.abspath(sys.argv[4])
WORLD = os.path.abspath('world')
KINDS = {'full': 1, 'read': 2, 'kill': 3, 'link': 4}
FULL = bool(os.environ.get('SLUICE_FULL'))
NEVER = 1 << 40


def at(*parts):
    return os.path.join(WORLD, *parts)


# ---- who does it
def olga(*words):
    return [SLUICE, '--quiet', '--store', at('store'), *words]


def by(who):
    return lambda *words: olga('--as', who, '--home', at('people', who), *words)


pat, carl, dana = by('pat'), by('carl'), by('dana')
ACME = os.path.join(SOURCES, 'tests/data/acme/plain.yaml')


def clean():
    return {**os.environ, 'TMPDIR': at('tmp'), 'GNUPGHOME': at('no-such-home')}


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True, cwd=WORLD, env=clean(), **more)


def must(words):
    done = run(words)
    if done.returncode:
        sys.exit(f'{words}: exit {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout


def told(words):
    return json.loads(must([*words, '--json']))


class Faults:
    """struct faults of faulty.h, in a file that the shim maps."""

    def __init__(self):
        self.path = os.path.abspath('faults')
        with open(self.path, 'wb') as f:
            f.write(bytes(4096))
        with open(self.path, 'r+b') as f:
            self.map = mmap.mmap(f.fileno(), 4096)

    def run(self, words, kind, point):
        """exit code (negative: a signal), stderr, how many calls there were"""
        self.map[:24] = struct.pack('=ixxxxqq', kind, point, 0)
        env = {**clean(), 'LD_PRELOAD': SHIM, 'SLUICE_FAULTS': self.path}
        p = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors='replace', cwd=WORLD, env=env, start_new_session=True)
        while True:
            try:
                out, err = p.communicate(timeout=0.05)
                return p.returncode, err or out, self.count()
            except subprocess.TimeoutExpired:
                if kind == KINDS['kill'] and self.count() > point:
                    os.killpg(p.pid, signal.SIGKILL)

    def count(self):
        return struct.unpack_from('=q', self.map, 16)[0]


faults = Faults()


def fresh(case):
    shutil.rmtree(WORLD, ignore_errors=True)
    subprocess.run(['cp', '-a', BASE, WORLD], check=True)
    for words in case.before():
        must(words)


# ---- what holds at any time
def state_is_whole():
    if not os.path.isdir(at('store')):  # restore, where there was none
        return ''
    fsck = run(olga('fsck'))
    if fsck.returncode:
        return f'fsck: exit {fsck.returncode}\n{fsck.stdout}{fsck.stderr}'
    return ''


def site_is_whole():
    audit = run([SLUICE, 'audit', 'verify', at('site/current'), '--trust', at('trust.json')])
    return f'site: exit {audit.returncode}\n{audit.stdout}{audit.stderr}' if audit.returncode else ''


def nothing():
    return True


class Case:
    def __init__(self, name, words, done, before=lambda: [], short='', heals=False, whole=None):
        self.name, self.words, self.done, self.before, self.short, self.heals = name, words, done, before, short, heals
        self.whole = whole or state_is_whole


def check(case, kind, point):
    """What is wrong, or ''."""
    fresh(case)
    words = case.words()
    code, err, count = faults.run(words, KINDS[kind], point)
    was_hit = count > point
    if os.environ.get('DISK_SHOW'):
        print(f'{case.name}, {kind} at {point}: {code} {err.strip()}', flush=True)
    if kind == 'kill':
        if code not in (0, -signal.SIGKILL):
            return f'exit {code}: {err}'
    elif kind == 'link':
        if code:
            return f'exit {code}: {err}'
    else:
        if code not in (0, 4) and not (case.heals and code == 1):
            return f'exit {code}: {err}'
        if code and 'sluice: error: ' not in err and ' failed ' not in err:  # of run-due: its items
            return f'exit {code} without a word: {err}'
        left = os.listdir(at('tmp'))
        if left:
            return f'left in TMPDIR: {left}'
    wrong = '' if case.heals else case.whole()
    if wrong:
        return f'exit {code}: {err}then {wrong}'
    if code == 0 and not case.done():
        return f'exit 0, but it is not done: {err}'
    if code != 0:
        was_done = case.done()
        again = run(words)
        if again.returncode and not was_done:
            return f'exit {code}: {err}then the same again: exit {again.returncode}: {again.stderr}'
        if not case.done():
            return f'exit {code}: {err}then the same again does not do it'
        if was_done and case.done is not nothing and kind != 'kill' and 'recorded' not in err and 'is stopped' not in err:
            NOTES.append(point)
            print(f'NOTE {case.name}, {kind} at {point}: done, but exit {code}: {err}', flush=True)
        wrong = case.whole()
        if wrong:
            return f'exit {code}: {err}then again, then {wrong}'
    return ''


NOTES = []


# ---- the commands
def rfcs():
    return told(olga('rfc', 'list'))['rfcs']


def rfc_state(which):
    return told(olga('rfc', 'show', which))['state']


def serves(version, channel='production'):
    return lambda: bool(glob.glob(at('store/channels', channel, 'current/deb/pool/**', f'*{version}*.deb'), recursive=True))


def logged(action, count=1):
    return lambda: sum(r['action'] == action and r['outcome'] == 'ok' for r in told(olga('audit', 'show'))['log']) >= count


def voted():
    return [carl('rfc', 'vote', 'R-2', '--role', 'change-manager', '--decision', 'approve')]


def released():
    return [*voted(), pat('release', 'R-2', '--to', 'production')]


def stopped():
    return [carl('channel', 'stop', 'production', '--reason', 'machines hang')]


def backed_up():
    shutil.rmtree(at('put-back'), ignore_errors=True)
    return os.path.exists(at('copy')) and run([SLUICE, '--store', at('put-back'), 'restore', at('copy')]).returncode == 0


def exported():
    shutil.rmtree(at('taken-in'), ignore_errors=True)
    return os.path.exists(at('out.tar')) and run([SLUICE, 'import', at('out.tar'), '--trust', at('trust.json'), '--into', at('taken-in')]).returncode == 0


def site_has(version):
    return lambda: bool(glob.glob(at('site/current/deb/pool/**', f'*{version}*.deb'), recursive=True))


def rotten():
    """A package of which the store's blob is gone; the snapshot has it."""
    deb = glob.glob(at('store/channels/production/current/deb/pool/**/*.deb'), recursive=True)[0]
    digest = hashlib.sha256(open(deb, 'rb').read()).hexdigest()
    os.unlink(at('store/blobs', digest[:2], digest[2:]))
    return []


def signed():
    return run([SLUICE, 'inspect', at('unsigned.deb')]).returncode == 0 and open(at('unsigned.deb'), 'rb').read(99999).find(b'_gpg') > 0


def package_key():
    return next(k['fingerprint'] for k in told(olga('key', 'list'))['keys'] if k['key'] == 'package')


CASES = [
    Case('submit', lambda: pat('submit', at('vendor/acme-agent-1.2.tar.gz'), '--recipe', ACME, '--signature', at('vendor/acme-agent-1.2.tar.gz.asc')),
         lambda: any(c['version'].startswith('1.2') for c in told(olga('candidate', 'list'))['candidates'])),
    Case('rfc open', lambda: pat('rfc', 'open', 'C-2', '--reason', 'once more', '--urgency', 'low', '--impact', 'minor'), lambda: len(rfcs()) >= 3, short='full'),
    Case('rfc vote', lambda: voted()[0], lambda: rfc_state('R-2') == 'authorised', short='kill'),
    Case('rfc edit', lambda: pat('rfc', 'edit', 'R-2', '--field', 'notes=looked at'), lambda: logged('rfc-edit')()),
    Case('rfc withdraw', lambda: pat('rfc', 'withdraw', 'R-2', '--reason', 'not wanted'), lambda: rfc_state('R-2') == 'withdrawn'),
    Case('rfc schedule', lambda: pat('rfc', 'schedule', 'R-2', '--at', 'now'), lambda: logged('rfc-schedule')()),
    Case('candidate withdraw', lambda: pat('candidate', 'withdraw', 'C-1', '--reason', 'old'), lambda: logged('candidate-withdraw')()),
    Case('evidence add', lambda: carl('evidence', 'add', 'C-2', '--kind', 'acceptance', '--file', at('policy.yaml'), '--verdict', 'pass'), lambda: logged('evidence')()),
    Case('deputy add', lambda: carl('deputy', 'add', 'change-manager', 'dana', '--until', (datetime.date.today() + datetime.timedelta(30)).isoformat()), lambda: len(told(olga('deputy', 'list'))) > 0),
    Case('policy replace', lambda: olga('policy', 'replace', at('second.yaml'), '--signature', at('second.yaml.asc')),
         lambda: '# another one' in must(olga('policy', 'show'))),
    Case('advisory import', lambda: olga('advisory', 'import', os.path.join(SOURCES, 'tests/data/csaf/acme-agent.json')), lambda: logged('advisory')()),
    Case('release', lambda: pat('release', 'R-2', '--to', 'production'), serves('1.1'), voted, short='full,kill,link'),
    Case('rollback', lambda: pat('rollback', 'R-2', '--reason', 'oh'), serves('really1.0'), released),
    Case('channel stop', lambda: stopped()[0], lambda: logged('stop')(), short='read'),
    Case('channel resume', lambda: pat('channel', 'resume', 'production', '--reason', 'looked at'), lambda: len(rfcs()) >= 3, stopped),
    Case('channel adopt', lambda: pat('channel', 'adopt', 'taken', '--target', 'deb', '--from', at('old'), '--reason', 'it was there'), lambda: len(rfcs()) >= 3),
    Case('report', lambda: carl('report', '--channel', 'production', '--status', 'ok', '--machine', 'm1'), lambda: logged('report')()),
    Case('run-due', lambda: pat('run-due'), serves('1.1'), lambda: [*voted(), pat('rfc', 'schedule', 'R-2', '--at', 'now')], short='kill'),
    Case('pull', lambda: [SLUICE, '--quiet', 'pull', at('tree'), '--trust', at('trust.json'), '--into', at('site')], site_has('1.1'), short='full', whole=site_is_whole),
    Case('import', lambda: [SLUICE, '--quiet', 'import', at('carried.tar'), '--trust', at('trust.json'), '--into', at('site')], site_has('1.1'), whole=site_is_whole),
    Case('export', lambda: olga('export', 'production', '--output', at('out.tar')), exported),
    Case('gc', lambda: olga('gc', '--packages-for', '24h'), nothing, released),
    Case('backup', lambda: olga('backup', '--output', at('copy')), backed_up),
    Case('restore', lambda: olga('restore', at('kept'), '--older'), lambda: len(told(olga('candidate', 'list'))['candidates']) == 1),
    Case('restore anew', lambda: olga('restore', at('kept')), lambda: os.path.isdir(at('store')), lambda: [['rm', '-rf', at('store')]]),
    Case('fsck --repair', lambda: olga('fsck', '--repair'), lambda: run(olga('fsck')).returncode == 0, rotten, heals=True),
    Case('sign', lambda: [SLUICE, '--quiet', 'sign', at('unsigned.deb'), '--key', package_key(), '--home', at('store/keys/package')], signed),
    Case('key new', lambda: olga('key', 'new', 'release'), lambda: len(glob.glob(at('store/keys/release/private-keys-v1.d/*'))) >= 2),
    Case('key refresh', lambda: olga('key', 'refresh'), nothing),
    Case('key package', lambda: olga('key', 'package', '--output', at('ring')), lambda: len(glob.glob(at('ring/*'))) == 2),
    Case('audit export', lambda: olga('audit', 'export', '--output', at('log.jsonl')), lambda: run([SLUICE, 'audit', 'verify', at('log.jsonl'), '--trust', at('trust.json')]).returncode == 0),
    Case('audit verify', lambda: olga('audit', 'verify'), nothing),
    Case('rfc show', lambda: olga('rfc', 'show', 'R-2'), nothing),
    Case('channel history', lambda: olga('channel', 'history', 'production'), nothing),
    Case('gate', lambda: olga('gate', 'R-2', '--channel', 'production'), nothing, voted),
    Case('status', lambda: olga('status'), nothing),
    Case('convert', lambda: [SLUICE, '--quiet', 'convert', at('unsigned.deb'), '--to', 'rpm,apk', '--output', at('made')], lambda: len(glob.glob(at('made/*'))) == 2),
    Case('diff', lambda: [SLUICE, '--quiet', 'diff', at('unsigned.deb'), at('vendor/two.deb')], nothing),
]


def points_of(count, wanted):
    return sorted({count * (2 * i + 1) // (2 * wanted) for i in range(min(wanted, count))}) if count > wanted else list(range(count))


def main():
    only = os.environ.get('DISK_ONLY', '').split(',')
    kinds = os.environ.get('DISK_KINDS')
    wanted = int(os.environ.get('DISK_POINTS', 25 if FULL else 1))
    bad = done = 0
    for case in CASES:
        if not any(case.name.startswith(word) for word in only):
            continue
        for kind in (kinds or ('full,read,kill,link' if FULL else case.short)).split(','):
            if not kind:
                continue
            fresh(case)
            code, err, count = faults.run(case.words(), KINDS[kind], NEVER)
            if code == 0 and count == 0 and kind != 'read':  # it writes nothing, or links nothing
                continue
            if code or not case.done() or count == 0:
                print(f'WRONG {case.name}: without a fault: exit {code}, {count} calls: {err}', flush=True)
                bad += 1
                continue
            points = [0] if kind == 'link' else points_of(count, wanted)
            print(f'{case.name}: {kind}: {count} calls, {len(points)} of them', flush=True)
            for point in points:
                wrong = check(case, kind, point)
                done += 1
                if wrong:
                    bad += 1
                    print(f'WRONG {case.name}, {kind} at call {point} of {count}: {wrong}', flush=True)
    print(f'{done} faults, {bad} wrong')
    if bad or not done:
        sys.exit(1)


main()
