/** What recorded system calls mean; the records are the kernel's own, the tables say what each must come to. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressOf, judge, judgeCheck } from './judge.ts';
import { type CallRecord, decodeRecord, KEY, RECORD } from './record.ts';
import { resolvePath } from './resolve.ts';
import { CALLS, CAPABILITIES, CAPABILITY_CHECK, type Call, callsOf } from './table.ts';

/** Recorded on Linux 6.18 (x64) from a shell script in a pid namespace of its own; trailing zeros are cut off. */
const RECORDED = readFileSync(new URL('../../fixtures/system-call-records.hex', import.meta.url), 'latin1')
  .trim()
  .split('\n')
  .map((line) => {
    const bytes = Buffer.alloc(RECORD.bytes);
    Buffer.from(line, 'hex').copy(bytes);
    return bytes;
  });

const X64 = callsOf('x64');
const gone = () => undefined;

test('recorded calls: refused writes with their paths, uses of capabilities with what was asked for', () => {
  const said = RECORDED.flatMap((bytes) => {
    const record = decodeRecord(bytes)!;
    const call = X64.get(record.number)!;
    const { refused, privileged } = judge(
      record,
      call,
      resolvePath(record, call, gone, () => '/work'),
    );
    return [
      ...(refused ? [`refused ${refused.errno} ${refused.type} ${refused.path}: ${refused.detail}`] : []),
      ...(privileged
        ? [`${privileged.capability} ${privileged.errno ?? 'ok'} ${privileged.call} ${privileged.detail}`.trimEnd()]
        : []),
    ];
  });
  assert.deepEqual(said, [
    'SYS_ADMIN ok mount /mnt (tmpfs)',
    'refused EROFS file /mnt/log: openat(O_WRONLY|O_CREAT|O_APPEND) by perl (pid 7)',
    'refused EROFS directory /mnt/new: mkdir() by perl (pid 7)',
    'refused EROFS file /mnt/other: rename(/mnt/there) by perl (pid 7)',
    'refused EROFS file /mnt/there: chown(101:102) by perl (pid 7)',
    'refused EROFS symlink /mnt/link: symlink(there) by perl (pid 7)',
    'refused EROFS directory /work/relative: mkdir() by mkdir (pid 8)',
    'SETPCAP ok prctl capability 0',
    'SETPCAP ok prctl capability 1',
    'CHOWN EPERM chown /tmp (101:102)',
    'SETGID EPERM setgroups gid 102',
    'SETGID EPERM setresgid gid 102',
    'SETUID EPERM setresuid uid 101',
    'SYS_CHROOT EPERM chroot /srv',
    'NET_RAW EPERM socket domain 2, type 3',
    'DAC_OVERRIDE EACCES openat /var/cache/apt/archives/partial/x',
    'SETUID ok setresuid uid 101',
    'SETGID ok setresgid gid 102',
    'SETGID ok setgroups none',
    'refused EACCES directory /srv/x: mkdir() by perl (pid 10)',
    'KILL EPERM kill signal 9 to pid 1',
    'NET_BIND_SERVICE EACCES bind port 80',
    'refused EACCES socket /srv/socket: bind() by perl (pid 10)',
    'NET_BIND_SERVICE ok bind port 443',
  ]);
});

const named = (name: string): Call => CALLS.find((call) => call.name === name)!;

/** A call of uid 0 that was refused with EPERM, unless it is said otherwise. */
const made = (change: Partial<CallRecord>): CallRecord => ({
  namespace: 0,
  number: 0,
  errno: 'EPERM',
  uid: 0,
  a: 0n,
  b: 0n,
  directory: -100,
  first: Buffer.alloc(KEY.second - KEY.first),
  second: '',
  process: 12,
  comm: 'app',
  ...change,
});

const capabilityOf = (name: string, change: Partial<CallRecord>, path?: string) =>
  judge(made(change), named(name), path).privileged?.capability;

test('only what the arguments really ask for names a capability', () => {
  const ok = { errno: undefined };
  assert.equal(capabilityOf('mknod', { a: 0o020666n }, '/dev/x'), 'MKNOD');
  assert.equal(capabilityOf('mknod', { a: 0o010666n }, '/run/fifo'), undefined, 'a fifo is nobody’s privilege');
  assert.equal(capabilityOf('socket', { a: 16n, b: 3n }), undefined, 'netlink sockets are raw for everyone');
  assert.equal(capabilityOf('socket', { a: 17n, b: 2n }), 'NET_RAW');
  assert.equal(capabilityOf('unshare', { a: 0x20000n }), 'SYS_ADMIN');
  assert.equal(capabilityOf('unshare', { a: 0x10020000n }), undefined, 'inside a user namespace of its own');
  assert.equal(capabilityOf('clone', { a: 0x11n }), undefined, 'an ordinary fork that a limit refused');
  assert.equal(capabilityOf('setxattr', { second: 'security.capability' }, '/bin/x'), 'SETFCAP');
  assert.equal(capabilityOf('setxattr', { second: 'user.note', ...ok }, '/srv/x'), undefined);
  assert.equal(capabilityOf('setsockopt', { a: 1n, b: 25n }), 'NET_RAW');
  assert.equal(capabilityOf('setsockopt', { a: 1n, b: 36n }), 'NET_ADMIN');
  assert.equal(capabilityOf('chmod', { a: 0o700n }, '/srv/x'), 'FOWNER');
  assert.equal(capabilityOf('chmod', { a: 0o700n }, '/proc/1'), undefined, 'the kernel’s files cannot be changed');
  assert.equal(capabilityOf('chown', { a: 0xffffffffn, b: 0xffffffffn, ...ok }, '/srv/x'), undefined, 'nothing asked');
  assert.equal(capabilityOf('chown', { a: 101n, b: 101n, uid: 5, ...ok }, '/srv/x'), undefined, 'its own group');
  assert.equal(capabilityOf('setuid', { a: 0n, ...ok }), undefined, 'to whom it is already');
  assert.equal(capabilityOf('unlink', {}, '/tmp/sticky/x'), 'FOWNER');
  assert.equal(capabilityOf('openat', { errno: 'EACCES' }, '/proc/1/environ'), 'SYS_PTRACE');
  assert.equal(capabilityOf('openat', { errno: 'EACCES', uid: 101 }, '/etc/shadow'), undefined, 'not root');
  assert.equal(capabilityOf('setpriority', { errno: 'EACCES' }), 'SYS_NICE');
});

test('uid 0 of a user namespace is root there', () => {
  const record = made({ errno: 'EACCES', uid: 100_000 });
  assert.equal(judge(record, named('openat'), '/etc/shadow', 100_000).privileged?.capability, 'DAC_OVERRIDE');
});

test('what makes a write, and of what', () => {
  const refusedBy = (name: string, change: Partial<CallRecord>, path = '/srv/x') => {
    const { refused } = judge(made({ errno: 'EROFS', ...change }), named(name), path);
    return refused && [refused.path, refused.type];
  };
  assert.deepEqual(refusedBy('openat', { a: 0n }), undefined, 'reading');
  assert.deepEqual(refusedBy('openat', { a: 0o100n }), ['/srv/x', 'file'], 'O_RDONLY|O_CREAT');
  assert.deepEqual(refusedBy('openat', { a: 0o20200002n }), ['/srv/x/O_TMPFILE', 'file'], 'a file without a name');
  assert.deepEqual(refusedBy('openat', { a: 0xabcd_0000_0001n }), ['/srv/x', 'file'], 'the upper half is anything');
  assert.deepEqual(refusedBy('mknod', { a: 0o010600n }), ['/srv/x', 'fifo']);
  assert.deepEqual(refusedBy('mknod', { a: 0o010600n, errno: 'EPERM' }), undefined);
  assert.deepEqual(refusedBy('chown', { errno: 'EPERM' }), undefined, 'a capability is missing, not a volume');
  assert.deepEqual(refusedBy('chown', { errno: undefined }), undefined);
  assert.deepEqual(refusedBy('setuid', {}), undefined);
  assert.deepEqual(refusedBy('access', { a: 2n }), undefined);
  const question = (a: bigint) => judge(made({ errno: 'EACCES', a }), named('access'), '/srv/x');
  assert.equal(question(2n).asked?.path, '/srv/x');
  assert.deepEqual(question(5n), {}, 'R_OK|X_OK');
  assert.equal(question(2n).privileged, undefined);
});

test('the kernel’s own question: the call that it was for, and nothing with others’ credentials', () => {
  const check = (capability: number, bounding: bigint, call?: Call) =>
    judgeCheck(
      made({ errno: undefined, number: CAPABILITY_CHECK, a: (bounding << 8n) | BigInt(capability) }),
      call,
      '/srv/x',
      0xa80425fbn,
    );
  const { capability, call, source } = check(1, 0xa80425fbn, named('openat'))!;
  assert.deepEqual([capability, call, source], ['DAC_OVERRIDE', 'openat', 'kernel']);
  assert.equal(check(1, 0x1ffffffffffn, named('openat')), undefined, 'the mounter of the overlay');
  assert.equal(check(21, 0xa80425fbn), undefined, 'an allocation of memory');
  assert.equal(check(5, 0n)?.capability, 'KILL', 'a process may have dropped some');
  assert.equal(check(7, 0xa80425fbn, named('setuid')), undefined, 'asked for before the ids are compared');
  assert.equal(check(63, 0n), undefined, 'one that is not known yet');
  assert.deepEqual([CAPABILITIES.length, CAPABILITIES[21], CAPABILITIES[40]], [41, 'SYS_ADMIN', 'CHECKPOINT_RESTORE']);
});

test('what a socket is bound to', () => {
  const bound = (hex: string, length: number) => {
    const first = Buffer.alloc(KEY.second - KEY.first);
    Buffer.from(hex, 'hex').copy(first);
    return addressOf({ first, b: BigInt(length) });
  };
  assert.deepEqual(bound('02000050', 16), { port: 80 });
  assert.deepEqual(bound('0a0001bb', 28), { port: 443 });
  assert.deepEqual(bound('01002f72756e2f73', 110), { path: '/run/s' });
  assert.deepEqual(bound('01002f72756e2f73', 5), { path: '/ru' }, 'as long as the program says');
  assert.deepEqual(bound('010000616263', 6), {}, 'an abstract name');
  assert.deepEqual(bound('1000', 12), {}, 'netlink');
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: RECORD.bytes, maxLength: RECORD.bytes }),
      fc.constantFrom(...CALLS),
      fc.constantFrom(0, -1, -13, -30, 7),
      (raw, call, result) => {
        const bytes = Buffer.from(raw);
        bytes.writeInt32LE(result, KEY.result);
        const record = decodeRecord(bytes);
        if (result === 7) return record === undefined;
        const path = resolvePath(record!, call, gone, () => '/');
        const { refused } = judge(record!, call, path);
        judgeCheck(record!, call, path, ~0n);
        return refused === undefined || refused.path.startsWith('/');
      },
    ),
  );
});
