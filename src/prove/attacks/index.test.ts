/** The catalogue is the folder, and no attack opens a device or leaves its own names. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { controls } from '../../controls/index.ts';
import { targetWith } from '../fixtures/target.ts';
import { mountAround, mountFlags } from '../mounts.ts';
import { assemble } from '../probe/assemble.ts';
import { type Call, everyCall, type Program } from '../probe/program.ts';
import {
  CLONE_NEWNS,
  MS_BIND,
  MS_NOEXEC,
  MS_RDONLY,
  MS_REMOUNT,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  type SyscallName,
} from '../probe/syscalls.ts';
import type { PathFacts } from '../target.ts';
import { attacks } from './index.ts';

const S_IFMT = 0o170000;

const targets = [
  targetWith(),
  targetWith({ twin: true }),
  targetWith({ hostAttacks: true }),
  targetWith({ hostAttacks: true, twin: true }),
  targetWith({ architecture: 'arm64' }),
  targetWith({ outside: { live: false, port: 80 } }),
  targetWith({ outside: { live: true, port: undefined } }),
];
const plans = targets.flatMap((target) => attacks.map((attack) => ({ target, attack, plan: attack.plan(target) })));
const programs = plans.flatMap(({ target, attack, plan }) =>
  plan.tries.flatMap((each) =>
    'program' in each ? [{ target, program: each.program, try: each, attack: attack.id }] : [],
  ),
);

test('the catalogue is the folder, sorted', () => {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).map((file) => file.replace(/\.ts$/, ''));
  const expected = files.filter((name) => !name.startsWith('index')).sort();
  assert.deepEqual(
    attacks.map(({ id }) => id),
    expected,
  );
});

test('every attack says what it is, why, by which technique, and which controls stop it', () => {
  const known = new Set(controls.map(({ id }) => id));
  for (const { id, title, why, technique, stoppedBy } of attacks) {
    assert.match(technique, /^T\d{4}(\.\d{3})?$/, id);
    assert.ok(title.length > 10 && why.length > 40 && why.endsWith('.'), id);
    assert.deepEqual(
      stoppedBy.filter((control) => !known.has(control)),
      [],
      id,
    );
  }
});

test('an attack says that it touches the host exactly where it waits for --host-attacks', () => {
  const reason = 'needs --host-attacks';
  const waiting = attacks.filter((attack) =>
    [targetWith({ hostAttacks: reason }), targetWith({ hostAttacks: reason, twin: true })].some((target) =>
      attack.plan(target).skipped.some((skip) => skip.reason === reason),
    ),
  );
  assert.deepEqual(
    attacks.filter(({ touchesHost }) => touchesHost === true).map(({ id }) => id),
    waiting.map(({ id }) => id),
  );
});

test('every attack has something to try on an ordinary container, each place once', () => {
  for (const { target, attack, plan } of plans) {
    const inCluster = target.outside !== undefined;
    if (inCluster === (attack.family === 'outside') && target.outside?.live !== true)
      assert.ok(plan.tries.length > 0, attack.id);
    const places = [...plan.tries, ...plan.skipped].map(({ place }) => place);
    assert.equal(new Set(places).size, places.length, `${attack.id}: ${places}`);
  }
});

test('what goes through the engine of a sandbox is left to the attacks from outside in a cluster', () => {
  for (const id of ['copy-in', 'copy-through-shell']) {
    const plan = attacks
      .find((attack) => attack.id === id)!
      .plan(targetWith({ outside: { live: false, port: undefined } }));
    assert.deepEqual([plan.tries, plan.skipped.length], [[], 1], id);
  }
});

test('from outside nothing is tried where there is no cluster, and only what is harmless in a pod that serves', () => {
  for (const { target, attack, plan } of plans.filter(({ attack }) => attack.family === 'outside')) {
    if (target.outside === undefined) assert.equal(plan.skipped[0]?.reason, 'needs --engine kubernetes', attack.id);
    if (target.outside?.live === true) assert.equal(plan.tries.length > 0, attack.harmless, attack.id);
    for (const each of plan.tries) assert.ok('act' in each && each.harmlessly !== undefined, attack.id);
  }
});

test('the places of a container are places of its twin', () => {
  for (const attack of attacks) {
    const twins = new Set(attack.plan(targetWith({ twin: true })).tries.map(({ place }) => place));
    for (const { place } of attack.plan(targetWith()).tries) assert.ok(twins.has(place), `${attack.id}:${place}`);
  }
});

/** What may be opened below /dev without being created: an ordinary file, whatever its place. */
const OPENED_IN_DEV = ['/dev/termination-log'];

const WITHOUT_WAITING = O_RDONLY | O_NONBLOCK;
/** Every device that may be opened, how, and why that does nothing; as `mknod` takes it. */
const OPENED_DEVICES: readonly {
  node: string;
  type: number;
  number: number;
  flags: readonly number[];
  host: boolean;
}[] = [
  // It swallows and gives nothing: what the twin opens instead of everything else.
  {
    node: 'null',
    type: S_IFCHR,
    number: 0x103,
    flags: [WITHOUT_WAITING, O_WRONLY | O_NONBLOCK, O_RDWR | O_NONBLOCK],
    host: false,
  },
  // Opening it for writing prepares nothing but the opener's own state.
  { node: 'kmsg', type: S_IFCHR, number: 0x10b, flags: [O_WRONLY | O_NONBLOCK], host: false },
  // Its driver may be loaded by it.
  { node: 'loop-control', type: S_IFCHR, number: 0xaed, flags: [O_RDWR | O_NONBLOCK], host: true },
  // A disk, that of the list of partitions: read-only, and never read.
  { node: 'vda', type: S_IFBLK, number: 0xfe00, flags: [WITHOUT_WAITING], host: true },
];
const OPENED_DISKS = ['/dev/vda'];

test('no device is opened but by the allow-list: below /dev only new files are, and nodes of those devices', () => {
  const opened = new Set<string>();
  for (const { target, program, attack } of programs) {
    const nodes = new Map<string, { type: number; number: number }>();
    for (const { name, args } of everyCall(program)) {
      const path = args[1];
      if (name === 'mknodat') {
        nodes.set(String(path), { type: Number(args[2]) & S_IFMT, number: Number(args[3]) });
        continue;
      }
      if (name !== 'openat' || typeof path !== 'string') continue;
      const [flags, node] = [Number(args[2]), nodes.get(path)];
      const { kind } = target.paths.get(path) ?? {};
      if (OPENED_DISKS.includes(path) && target.hostAttacks === true) {
        assert.equal(flags, WITHOUT_WAITING, attack);
        continue;
      }
      assert.ok(kind !== 'block device' && kind !== 'character device', `${attack} opens ${path}`);
      if (node !== undefined) {
        const allowed = OPENED_DEVICES.find(({ type, number }) => type === node.type && number === node.number);
        const told = `${attack} opens ${JSON.stringify(node)} with ${flags}`;
        assert.ok(allowed, told);
        assert.ok(allowed.flags.includes(flags), told);
        if (allowed.host) assert.equal(target.hostAttacks, true, attack);
        if (target.twin) assert.equal(allowed.node, 'null', attack);
        opened.add(allowed.node);
        continue;
      }
      if (!path.startsWith('/dev/')) continue;
      const isNew = (flags & O_EXCL) !== 0 || path.includes(target.token);
      assert.ok(OPENED_IN_DEV.includes(path) || isNew, path);
    }
  }
  assert.deepEqual([...opened].sort(), OPENED_DEVICES.map(({ node }) => node).sort(), 'the list has nothing to spare');
});

/** What belongs to the process itself, and may be written below /proc. */
const OWN_SETTINGS = ['/proc/self/uid_map', '/proc/self/setgroups', '/proc/self/gid_map'];

test('nothing is written to a device or to a file of the kernel', () => {
  const writes = new Set(['write', 'pwrite64', 'ftruncate', 'ioctl']);
  for (const { program, attack } of programs) {
    const made = new Set(everyCall(program).flatMap(({ name, args }) => (name === 'mknodat' ? [args[1]] : [])));
    for (const { name, args } of everyCall(program)) {
      const [descriptor] = args;
      if (!writes.has(name) || typeof descriptor !== 'object' || !('resultOf' in descriptor)) continue;
      const path = descriptor.resultOf.args[1];
      if (descriptor.resultOf.name !== 'openat' || typeof path !== 'string' || OWN_SETTINGS.includes(path)) continue;
      assert.ok(!made.has(path) && !/^\/(proc|sys)\//.test(path), `${attack} writes to ${path}`);
    }
  }
});

/** The calls that are made in the container's own mount namespace: not those of children with one of their own. */
function inOwnMounts(program: Program): readonly Call[] {
  return program.flatMap((each) => {
    const leaves = each.name === 'clone' && (Number(each.args[0]) & CLONE_NEWNS) !== 0;
    return leaves ? [each] : [each, ...inOwnMounts(each.child)];
  });
}

test('what is mounted is taken away again, and what is remounted is remounted to what it was', () => {
  let seen = 0;
  for (const { target, program, attack } of programs) {
    const calls = inOwnMounts(program);
    for (const [index, { name, args }] of calls.entries()) {
      if (name !== 'mount') continue;
      seen += 1;
      const [, path, , flags] = args;
      const later = calls.slice(index + 1).filter((each) => ['mount', 'umount2'].includes(each.name));
      if ((Number(flags) & MS_REMOUNT) === 0) {
        assert.ok(
          later.some((each) => each.name === 'umount2' && each.args[0] === path),
          `${attack} leaves ${path}`,
        );
        continue;
      }
      const last = [...calls].reverse().find((each) => each.name === 'mount' && each.args[1] === path)!;
      const before = mountFlags(mountAround(target.mounts, String(path)));
      // A twin's root is writable, which the fixture's is not.
      const expected = target.twin && path === '/' ? before & ~MS_RDONLY : before;
      assert.equal(Number(last.args[3]), MS_REMOUNT | MS_BIND | expected, `${attack} leaves ${path} otherwise`);
      // Without MS_BIND the whole file system changes, for everybody who has it mounted: that may be the host.
      if ((Number(flags) & MS_BIND) === 0) assert.equal(path, '/', attack);
    }
  }
  assert.ok(seen > 10);
});

test('what mounts over the container’s files, or remounts them, is made alone, but for its root and the kernel’s own', () => {
  const alone = new Set<string>();
  for (const { program, attack } of programs) {
    for (const { name, args } of inOwnMounts(program)) {
      if (name !== 'mount' || (Number(args[3]) & MS_REMOUNT && /^\/(proc\/.*|sys\/.*)?$/.test(String(args[1]))))
        continue;
      alone.add(attack);
    }
  }
  assert.deepEqual(
    attacks.filter((attack) => attack.alone === true).map(({ id }) => id),
    [...alone].sort(),
  );
});

test('what is mounted over a volume of the manifest stays in a namespace of its own', () => {
  for (const { program, attack } of programs) {
    for (const { name, args } of inOwnMounts(program)) {
      if (name !== 'mount' || (Number(args[3]) & MS_REMOUNT) !== 0) continue;
      assert.ok(!['/run', '/host', '/closed', '/data'].includes(String(args[1])), attack);
    }
  }
});

test('every program assembles, its decisive calls are its own, and what it creates it removes', () => {
  for (const { target, program, try: tried } of programs) {
    assert.ok(assemble(program, target.architecture).length < 4096, tried.place);
    for (const each of tried.decisive) assert.ok(everyCall(program).includes(each), tried.place);
    const calls = everyCall(program);
    const made = calls.flatMap(({ name, args }) => {
      if (name === 'bind')
        return [
          Buffer.from(args[1] as Uint8Array)
            .toString('latin1', 2)
            .replace(/\0.*$/, ''),
        ];
      if (name === 'symlinkat') return [args[2]];
      return name === 'mknodat' || (name === 'openat' && (Number(args[2]) & O_EXCL) !== 0) ? [args[1]] : [];
    });
    const removed = calls.filter(({ name }) => name === 'unlinkat').map(({ args }) => args[1]);
    assert.deepEqual(
      made.filter((path) => !removed.includes(path as string)),
      [],
    );
  }
});

/** They only take away, close or wait, or say what was there. */
const TIDYING: readonly SyscallName[] = [
  ...(['close', 'unlinkat', 'wait4', 'ftruncate', 'fchmod', 'fchown', 'umount2', 'removexattr'] as const),
  ...(['lseek', 'read', 'write', 'setgid'] as const),
];
/** What attacks prepare, or undo, with calls that do not decide. */
const PREPARES: Readonly<Record<string, readonly SyscallName[]>> = {
  'change-root': ['mount', 'mkdirat'],
  'delete-file': ['openat', 'linkat', 'renameat2'],
  'host-sysctl': ['mount'],
  'kernel-helper': ['mount'],
  'open-by-handle': ['memfd_create', 'pread64'],
  'overlay-root': ['mkdirat'],
  'overwrite-file': ['openat', 'pread64'],
  'remount-root': ['mount'],
  'remount-volume': ['mount'],
  'rename-file': ['renameat2'],
  'replace-binary': ['renameat2'],
  'runtime-socket': ['socket', 'bind', 'listen'],
  'self-update': ['renameat2'],
  'trigger-sysrq': ['mount'],
  'truncate-file': ['openat'],
  'user-namespace': ['geteuid'],
  'write-in-namespace': ['mount', 'openat'],
};

test('every call decides, but for what prepares, is executed, undoes or tidies up', () => {
  for (const { program, try: tried, attack } of programs) {
    const { decisive, execution } = tried;
    const executes = (each: Call) => execution !== undefined && everyCall([each]).includes(execution.executed);
    const others = everyCall(program).filter((each) => !decisive.includes(each) && !executes(each));
    const told = others.map(({ name }) => name).filter((name) => !TIDYING.includes(name));
    const surprising = told.filter((name) => PREPARES[attack]?.includes(name) !== true);
    assert.deepEqual(surprising, [], `${attack}:${tried.place}`);
  }
});

/** The file that a call's descriptor is of, where that is one that exists. */
function openedBy({ args: [descriptor] }: Call): Call | undefined {
  const opened = typeof descriptor === 'object' && 'resultOf' in descriptor ? descriptor.resultOf : undefined;
  return opened?.name === 'openat' && (Number(opened.args[2]) & O_EXCL) === 0 ? opened : undefined;
}

test('what is appended to a file of the container is cut off again', () => {
  const empty = targetWith();
  for (const [path, facts] of empty.paths) {
    if (facts.kind === 'file') (empty.paths as Map<string, PathFacts>).set(path, { ...facts, size: 0 });
  }
  const ofEmpty = attacks.flatMap((attack) =>
    attack
      .plan(empty)
      .tries.flatMap((each) => ('program' in each ? [{ attack: attack.id, target: empty, ...each }] : [])),
  );
  const seen = new Set<string>();
  for (const { attack, target, program } of [...programs, ...ofEmpty]) {
    const calls = everyCall(program);
    for (const each of calls) {
      const path = each.name === 'write' ? openedBy(each)?.args[1] : undefined;
      if (path === undefined || OWN_SETTINGS.includes(String(path))) continue;
      seen.add(attack);
      const cut = calls
        .slice(calls.indexOf(each))
        .find(({ name, args }) => name === 'ftruncate' && args[0] !== undefined);
      assert.equal(cut && openedBy(cut)?.args[1], path, `${attack} leaves what it wrote in ${path}`);
      // As long as the kernel said before the first byte was written: who looked at it earlier may have seen it shorter.
      const measured = calls.slice(0, calls.indexOf(each)).find((one) => one.name === 'lseek');
      const isEmpty = target.paths.get(String(path))!.size === 0;
      const length = measured === undefined && isEmpty ? 0 : { resultOf: measured };
      assert.deepEqual(cut!.args[1], length, attack);
    }
  }
  assert.ok(seen.has('write-hosts') && seen.has('drop-and-run'), [...seen].join());
});

/** Where a call that makes a new name has it among its arguments. */
const NEW_NAMES: Partial<Record<SyscallName, number>> = { mkdirat: 1, symlinkat: 2, linkat: 3, mknodat: 1 };

test('every new name is removed, every name that is given away is given back, every attribute is taken off', () => {
  for (const { program, try: tried } of programs) {
    const calls = inOwnMounts(program);
    const named = (name: SyscallName) => calls.filter((each) => each.name === name);
    const removed = named('unlinkat').map(({ args }) => args[1]);
    const back = named('renameat2').map(({ args }) => `${args[3]} ${args[1]}`);
    for (const { name, args } of calls) {
      const position = NEW_NAMES[name];
      if (position !== undefined)
        assert.ok(removed.includes(args[position]!), `${tried.place} leaves ${args[position]}`);
      if (name === 'setxattr')
        assert.ok(
          named('removexattr').some((each) => each.args[1] === args[1]),
          tried.place,
        );
    }
    // An exchange undoes itself; what is renamed otherwise has a way back, or was removed beforehand.
    for (const { args } of named('renameat2')) {
      const isUndone =
        named('renameat2').filter((each) => each.args[1] === args[1] && each.args[3] === args[3]).length === 2;
      assert.ok(isUndone || back.includes(`${args[1]} ${args[3]}`) || removed.includes(args[3]!), tried.place);
    }
  }
});

/** Calls that change or run something which is not new. */
const NOT_HARMLESS: readonly SyscallName[] = [
  ...(['execve', 'execveat', 'renameat2', 'linkat', 'truncate', 'fchmodat', 'fchownat', 'setxattr'] as const),
  ...(['removexattr', 'mount', 'umount2', 'kill', 'pivot_root'] as const),
];

function isOfToken({ name, args }: Call, token: string): boolean {
  if (name === 'openat' && (Number(args[2]) & (O_WRONLY | O_RDWR)) === 0) return true;
  if (!['openat', 'mkdirat', 'mknodat', 'symlinkat', 'unlinkat'].includes(name)) return true;
  const path = args[NEW_NAMES[name] ?? 1];
  return typeof path === 'string' && path.includes(token);
}

test('what may be made in a pod that serves makes and removes only names of its own, and runs nothing', () => {
  // What asks the API server acts by itself, and takes away what it names as made.
  const ofProbes = plans.filter((each) => each.attack.harmless && each.attack.family !== 'outside');
  for (const { attack, target, plan } of ofProbes) {
    for (const each of plan.tries) {
      assert.ok('program' in each, `${attack.id} acts in other ways than by system calls`);
      for (const made of inOwnMounts(each.program)) {
        assert.equal(NOT_HARMLESS.includes(made.name), false, `${attack.id} calls ${made.name}`);
        assert.ok(isOfToken(made, target.token), `${attack.id} calls ${made.name} with what is not its own`);
      }
    }
  }
});

test('without permission the host is never written to, and a twin never is', () => {
  for (const target of [targetWith(), targetWith({ twin: true, hostAttacks: true })]) {
    const sysctl = attacks.find(({ id }) => id === 'host-sysctl')!.plan(target);
    for (const each of sysctl.tries) {
      assert.ok('program' in each);
      assert.equal(
        everyCall(each.program).some(({ name }) => name === 'write'),
        false,
      );
    }
  }
});

test('remounting means nothing on a writable root, and a twin gets a read-only one first', () => {
  const remount = attacks.find(({ id }) => id === 'remount-root')!;
  const { mounts } = targetWith();
  const writable = { mounts: mounts.map((each) => (each.path === '/' ? { ...each, writable: true } : each)) };
  assert.deepEqual(remount.plan(targetWith(writable)).tries, []);
  const twins = remount.plan(targetWith({ ...writable, twin: true })).tries;
  assert.equal(twins.length, 2);
  for (const each of twins) {
    assert.ok('program' in each);
    const [first] = each.program;
    assert.equal(first!.name, 'mount');
    assert.equal(Number(first!.args[3]) & MS_RDONLY, MS_RDONLY);
    assert.equal(each.decisive.includes(first!), false);
  }
});

test('a twin’s other mounts get the flag first that is then taken away', () => {
  const { tries } = attacks.find(({ id }) => id === 'remount-volume')!.plan(targetWith({ twin: true }));
  const flagOf = { write: MS_RDONLY, execute: MS_NOEXEC };
  assert.deepEqual([...new Set(tries.map(({ place }) => place.split(':')[0]))].sort(), ['execute', 'write']);
  for (const each of tries) {
    assert.ok('program' in each);
    const [first, second] = each.program;
    const flag = flagOf[each.place.split(':')[0] as keyof typeof flagOf];
    assert.deepEqual([Number(first!.args[3]) & flag, Number(second!.args[3]) & flag], [flag, 0], each.place);
    assert.deepEqual([each.decisive.includes(first!), each.decisive[0]], [false, second], each.place);
  }
});

test('what is executed is put where the mount lets it, and what becomes root where set-id bits count', () => {
  const { mounts } = targetWith();
  const without = (option: string) =>
    targetWith({
      mounts: mounts.map((each) => (each.path === '/dev/shm' ? { ...each, options: ['rw', option] } : each)),
    });
  const made = (id: string, target: ReturnType<typeof targetWith>) => {
    const { tries } = attacks.find((attack) => attack.id === id)!.plan(target);
    const calls = tries.flatMap((each) => ('program' in each ? everyCall(each.program) : []));
    return calls
      .filter(({ name, args }) => name === 'openat' && Number(args[2]) & O_EXCL)
      .map(({ args }) => String(args[1]));
  };
  for (const id of ['preload-library', 'run-by-loader', 'run-deleted-file', 'setuid-file']) {
    assert.ok(
      made(id, targetWith()).every((path) => path.startsWith('/dev/shm/')),
      id,
    );
    const elsewhere = made(id, without('noexec'));
    assert.ok(elsewhere.length > 0 && elsewhere.every((path) => path.startsWith('/run/')), `${id}: ${elsewhere}`);
  }
  assert.ok(made('setuid-file', without('nosuid')).every((path) => path.startsWith('/run/')));
});

test('a set-id bit is refused by no_new_privs where that is set, else by the mount', () => {
  for (const attack of ['escalate-by-setuid', 'setuid-file']) {
    const layerWith = (noNewPrivileges: boolean) => {
      const [tried] = attacks.find(({ id }) => id === attack)!.plan(targetWith({ noNewPrivileges })).tries;
      return tried !== undefined && 'execution' in tried ? tried.execution?.refusedBy : undefined;
    };
    assert.deepEqual([layerWith(true), layerWith(false)], ['no new privileges', 'nosuid mount'], attack);
  }
});

test('a technique that is open to every container is residual where no privilege is had', () => {
  for (const { attack, target, plan } of plans) {
    if (target.capabilities !== 0n || attack.opens?.kind !== 'technique') continue;
    for (const { gain, place } of plan.tries) {
      // A twin's or an image's own root is another matter than the technique.
      const ofRoot = attack.id === 'write-in-namespace' && place === '/';
      assert.equal(gain, ofRoot ? 'succeeded' : 'residual', `${attack.id}:${place}`);
    }
  }
});

test('what installs a package says what it makes, so that it is seen when that stays', () => {
  for (const { attack, target, plan } of plans) {
    if (attack.family !== 'software') continue;
    for (const each of plan.tries) {
      assert.ok('act' in each, attack.id);
      assert.ok(
        each.makes.some((path) => path.endsWith('/petrify-proof')),
        attack.id,
      );
      assert.ok(
        each.makes.some((path) => path.includes(target.token)),
        attack.id,
      );
    }
  }
});
test('after a remount the file goes where the owner of the root may write', () => {
  const { paths } = targetWith();
  const closed = new Map(paths).set('/', { ...paths.get('/')!, mode: 0o555 });
  for (const id of ['remount-root', 'write-in-namespace']) {
    const namesIn = (target: ReturnType<typeof targetWith>) =>
      attacks
        .find((attack) => attack.id === id)!
        .plan(target)
        .tries.flatMap((each) => ('program' in each ? everyCall(each.program) : []))
        .flatMap(({ args }) => args.filter((each) => String(each).endsWith(target.token)));
    assert.ok(namesIn(targetWith()).includes('/petrify-0123456789ab'), id);
    assert.ok(namesIn(targetWith({ paths: closed })).includes('/etc/petrify-0123456789ab'), id);
  }
});

test('of every setting that names a program of the host it is said whether it can be written', () => {
  const { tries, skipped } = attacks.find(({ id }) => id === 'kernel-helper')!.plan(targetWith());
  const names = [...tries, ...skipped].map(({ place }) => place.split(',')[0]);
  assert.deepEqual([...new Set(names)].sort(), ['kernel.core_pattern', 'kernel.modprobe', 'kernel.poweroff_cmd']);
});

test('the root is written at its top, in the usual directories, a home, and where the application lies', () => {
  const root = attacks.find(({ id }) => id === 'write-root')!;
  const placesOf = (changes: Parameters<typeof targetWith>[0]) =>
    root.plan(targetWith(changes)).tries.map(({ place }) => place);
  const usual = ['/', '/etc', '/usr/bin', '/var/lib', '/tmp', '/root'];
  assert.deepEqual(placesOf({}), [...usual, '/usr/sbin']);
  const image = { ...targetWith().image!, workingDir: '/opt' };
  assert.deepEqual(placesOf({ image }), [...usual, '/opt']);
});

test('the program that runs is never opened for writing, which the kernel refuses whatever the permissions', () => {
  const replace = attacks.find(({ id }) => id === 'replace-binary')!;
  const opens = (entrypoint: string | undefined) =>
    replace.plan(targetWith({ entrypoint })).tries.flatMap(({ place }) => (place.startsWith('open:') ? [place] : []));
  const [first] = opens(undefined);
  assert.ok(first);
  const others = opens(first.slice('open:'.length));
  assert.ok(others.length > 0 && !others.includes(first));
});

test('a module that is none shows that another would have been loaded', () => {
  const { tries } = attacks.find(({ id }) => id === 'load-module')!.plan(targetWith());
  assert.deepEqual(
    tries.map((each) => 'program' in each && each.reached),
    [['ENOEXEC']],
  );
});

test('what executes a file for its own sake has not won where that did not run', () => {
  const required = programs.filter(({ try: { execution } }) => execution?.required === true);
  const beside = programs.filter(({ try: { execution } }) => execution?.required === false);
  const ids = (some: typeof programs) => [...new Set(some.map(({ attack }) => attack))].sort();
  assert.deepEqual(ids(beside), ['drop-and-run', 'self-update', 'write-dev', 'write-host-path']);
  assert.deepEqual(ids(required), [
    ...['escalate-by-setuid', 'mask-directory', 'preload-library', 'remount-volume', 'run-by-loader'],
    ...['run-deleted-file', 'run-from-memory', 'run-script', 'setuid-file', 'write-in-namespace'],
  ]);
});

test('a file that has to be made again after it was deleted gets its content, its owner and then its mode', () => {
  const { tries } = attacks.find(({ id }) => id === 'delete-file')!.plan(targetWith());
  assert.ok(tries.length > 0);
  for (const each of tries) {
    assert.ok('program' in each);
    const made = each.program.findLast(({ name }) => name === 'openat')!;
    const after = each.program.filter(
      ({ args: [of] }) => typeof of === 'object' && 'resultOf' in of && of.resultOf === made,
    );
    assert.deepEqual(
      after.map(({ name }) => name),
      ['write', 'fchown', 'fchmod', 'close'],
    );
    assert.deepEqual(after[2]!.args[1], 0o644);
  }
});

test('a process of the host is never seized, and its memory is no residual', () => {
  const inject = attacks.find(({ id }) => id === 'inject-process')!;
  const seeing = targetWith({ contents: new Map([['/proc/2/comm', Buffer.from('kthreadd\n')]]) });
  const callsIn = (target: ReturnType<typeof targetWith>) =>
    inject.plan(target).tries.flatMap((each) => ('program' in each ? everyCall(each.program) : []));
  assert.ok(callsIn(targetWith()).some(({ name }) => name === 'ptrace'));
  assert.equal(
    callsIn(seeing).some(({ name }) => name === 'ptrace'),
    false,
  );
  assert.deepEqual(
    inject.plan(seeing).tries.map(({ gain }) => gain),
    ['succeeded'],
  );
});

test('of a program that only the original has, the twin shows the same with a file that it has too', () => {
  const base = targetWith();
  const facts = { kind: 'file', size: 10, mode: 0o755, uid: 0, gid: 0, mountId: 9 } as const;
  const own = targetWith({ entrypoint: '/closed/run', paths: new Map([...base.paths, ['/closed/run', facts]]) });
  const { entrypoint: _, ...rest } = targetWith({ twin: true });
  const twin = { ...rest, entrypoint: undefined };
  for (const id of ['bind-over-file', 'self-update']) {
    const attack = attacks.find((each) => each.id === id)!;
    const shown = new Set(attack.plan(twin).tries.map(({ place }) => place));
    const tried = attack.plan(own).tries.map(({ place }) => place);
    assert.ok(tried.includes('/closed/run'), id);
    assert.ok(
      tried.some((place) => shown.has(place)),
      `${id}: nothing of ${tried} is on the twin`,
    );
  }
});
