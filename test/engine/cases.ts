/** What every implementation of the engine port must do; each is run against a real engine. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { packTar, unpackTar } from 'modern-tar';
import { type ContainerRequest, type Engine, LOG_LIMIT_BYTES, RUN_LABEL } from '../../src/engine/engine.ts';
import { ALL_CAPABILITIES, DEFAULT_CAPABILITIES } from '../../src/engine/identity.ts';
import { parseIdentity, parseMounts } from '../../src/engine/read-back.ts';
import { newRun } from '../../src/engine/runs.ts';
import { Failure } from '../../src/failure.ts';
import { BASE_IMAGE, builtImage } from './images.ts';

/** 0xa80425fb, as `CapBnd` in a container of Kubernetes' default. */
const DEFAULT_BOUNDING = 0xa80425fbn;
const NET_BIND_SERVICE = 1n << 10n;
const SYS_ADMIN = 1n << 21n;

const SLEEP = ['sleep', '300'];

export function engineCases(engine: Engine): void {
  const run = newRun();
  const labels = { [RUN_LABEL]: run };
  const scratch = mkdtempSync(join(tmpdir(), 'petrify-cases-'));
  let count = 0;

  const create = (changes: Partial<ContainerRequest> = {}) => {
    count += 1;
    return engine.create({
      name: `petrify-${run}-${count}`,
      image: BASE_IMAGE,
      entrypoint: SLEEP,
      command: undefined,
      env: {},
      workingDir: undefined,
      user: undefined,
      groups: [],
      readOnlyRoot: false,
      privileged: false,
      capabilities: [],
      noNewPrivileges: false,
      seccomp: 'unconfined',
      unmaskedProc: false,
      binds: [],
      tmpfs: [],
      sysctls: {},
      network: 'none',
      pidOf: undefined,
      hostname: undefined,
      labels,
      memoryBytes: undefined,
      pidsLimit: 200,
      ...changes,
    });
  };
  const start = async (changes: Partial<ContainerRequest> = {}) => {
    const id = await create(changes);
    await engine.start(id);
    return id;
  };
  /** Docker asks the kernel for all capabilities and fails where its own host withholds one; Podman takes what there is. */
  const withheld =
    parseIdentity(readFileSync('/proc/self/status', 'utf8')).bounding !== (1n << BigInt(ALL_CAPABILITIES.length)) - 1n;
  const dockerCannotBePrivileged =
    engine.info.name === 'docker' && withheld && 'this host withholds capabilities from Docker';

  const shell = (script: string) => ['sh', '-c', script];
  /** Runs a script as the first process, and gives its exit code and log. */
  const output = async (script: string, changes: Partial<ContainerRequest> = {}) => {
    const id = await start({ entrypoint: shell(script), ...changes });
    const exitCode = await engine.wait(id);
    const log = await engine.logs(id);
    await engine.remove(id);
    return { exitCode, log };
  };
  const logged = async (id: string, text: string) => {
    while (!(await engine.logs(id)).includes(text)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const directory = (name: string) => mkdtempSync(join(scratch, name));

  after(async () => {
    const left = await engine.labelled(run);
    for (const id of left.containers) await engine.remove(id);
    for (const name of left.networks) await engine.removeNetwork(name);
    rmSync(scratch, { recursive: true, force: true });
  });

  describe('life of a container', () => {
    it('creates, starts, waits and tells the exit code', async () => {
      const id = await create({ entrypoint: shell('exit 3') });
      assert.equal((await engine.state(id)).status, 'created');
      await engine.start(id);
      assert.equal(await engine.wait(id), 3);
      const state = await engine.state(id);
      assert.deepEqual([state.status, state.exitCode, state.pid], ['exited', 3, 0]);
      assert.equal(state.imageId, (await engine.image(BASE_IMAGE))?.id);
    });

    it('gives up waiting when told to', async () => {
      const id = await start();
      await assert.rejects(engine.wait(id, AbortSignal.timeout(200)), (error: Failure) => error.code === 'interrupted');
    });

    it('stops with the signal that the image names, and kills what does not listen', async () => {
      const polite = await start({ entrypoint: shell('trap "exit 7" QUIT; echo up; while :; do sleep 0.1; done') });
      await logged(polite, 'up');
      await engine.stop(polite, 10);
      assert.equal(await engine.wait(polite), 7);
      const deaf = await start({ entrypoint: shell('trap "" TERM; echo up; while :; do sleep 0.1; done') });
      await logged(deaf, 'up');
      await engine.kill(deaf, 'TERM');
      assert.equal((await engine.state(deaf)).status, 'running');
      await engine.kill(deaf, 'KILL');
      assert.equal(await engine.wait(deaf), 137);
      await engine.kill(deaf, 'KILL');
    });

    it('initialises without running anything, where it can, and keeps the pid', async (test) => {
      const id = await create({ entrypoint: shell('echo ran; sleep 300') });
      const pid = await engine.init(id);
      if (pid === undefined) return test.skip('this engine has no init');
      assert.ok(pid > 0);
      assert.equal(await engine.logs(id), '');
      assert.equal((await engine.state(id)).status, 'created');
      await engine.start(id);
      assert.equal((await engine.state(id)).pid, pid);
    });

    it('removes what runs, and what is gone already', async () => {
      const id = await start();
      await engine.remove(id);
      await engine.remove(id);
      await assert.rejects(engine.state(id), (error: Failure) => error.code === 'engine-refused');
    });

    it('lists its images by complete names', async () => {
      const names = await engine.imageNames();
      assert.ok(names.includes(BASE_IMAGE), names.join(' '));
      assert.deepEqual([...names].sort(), names);
    });

    it('refuses an unknown image as image-missing', async () => {
      await assert.rejects(create({ image: 'localhost/petrify/no-such-image:1' }), (error: Failure) => {
        return error instanceof Failure && error.code === 'image-missing' && error.message.includes('no-such-image');
      });
      assert.equal(await engine.image('localhost/petrify/no-such-image:1'), undefined);
    });

    it('says why it cannot pull', async () => {
      const pulled = await engine.pull('localhost:1/petrify/nothing:1');
      assert.equal(pulled.ok, false);
      assert.ok(!pulled.ok && pulled.reason.length > 0);
    });

    it('runs image, environment, directory and arguments as asked, and adds no mark of its own', async () => {
      const { log } = await output('pwd; env', { env: { GREETING: 'a=b c', HOME: '/h' }, workingDir: '/etc' });
      const lines = log.trim().split('\n');
      assert.equal(lines[0], '/etc');
      const names = lines.slice(1).map((line) => line.split('=')[0]);
      assert.deepEqual(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name!)).sort(), [
        'GREETING',
        'HOME',
        'HOSTNAME',
        'PATH',
      ]);
      assert.ok(lines.includes('GREETING=a=b c'));
      const id = await start({ entrypoint: ['echo', 'one'], command: ['two words', '$HOME'] });
      await engine.wait(id);
      assert.equal(await engine.logs(id), 'one two words $HOME\n');
    });
  });

  describe('logs', () => {
    it('keeps the order of both outputs', async () => {
      const { log } = await output('for i in 1 2 3; do echo out$i; sleep 0.05; echo err$i >&2; sleep 0.05; done');
      assert.equal(log, 'out1\nerr1\nout2\nerr2\nout3\nerr3\n');
    });

    it('keeps the last of a long one', async () => {
      const { log } = await output(
        `head -c ${LOG_LIMIT_BYTES + 1_000_000} /dev/zero | tr '\\0' x | fold -w 200; echo the end`,
      );
      assert.ok(Buffer.byteLength(log) <= LOG_LIMIT_BYTES);
      assert.ok(log.length > LOG_LIMIT_BYTES * 0.99);
      assert.ok(log.endsWith('the end\n'));
    });
  });

  describe('exec', () => {
    it('tells both outputs and the exit code', async () => {
      const id = await start();
      const result = await engine.exec(id, shell('echo out; echo err >&2; exit 9'));
      assert.deepEqual([String(result.stdout), String(result.stderr), result.exitCode], ['out\n', 'err\n', 9]);
    });

    it('feeds standard input, binary and large, to its end', async () => {
      const id = await start();
      const stdin = randomBytes(300_000);
      const { stdout, exitCode } = await engine.exec(id, ['cat'], { stdin });
      assert.equal(exitCode, 0);
      assert.ok(stdout.equals(stdin));
      const none = await engine.exec(id, ['cat']);
      assert.equal(none.stdout.length, 0);
    });

    it('runs as another user', async () => {
      const id = await start({ user: '65532' });
      assert.equal(String((await engine.exec(id, ['id', '-u'])).stdout), '65532\n');
      assert.equal(String((await engine.exec(id, ['id', '-u'], { user: '0' })).stdout), '0\n');
    });

    it('runs as root with everything when privileged', async (test) => {
      if (dockerCannotBePrivileged) return test.skip(dockerCannotBePrivileged);
      const id = await start({ user: '65532' });
      const status = await engine.exec(id, ['cat', '/proc/self/status'], { user: '0', privileged: true });
      assert.ok(parseIdentity(String(status.stdout)).effective & SYS_ADMIN);
    });

    it('ends a command that hangs', async () => {
      const id = await start();
      await assert.rejects(engine.exec(id, SLEEP, { timeoutMs: 300 }), /did not end within 0.3 s/);
    });

    it('says when there is no such command', async () => {
      const id = await start();
      const result = await engine.exec(id, ['/no/such/command']).catch((error: Failure) => error);
      if (result instanceof Error) assert.equal((result as Failure).code, 'engine-refused');
      else assert.notEqual(result.exitCode, 0);
    });
  });

  describe('files', () => {
    it('describes files, directories, links and nothing', async () => {
      const id = await create();
      const passwd = await engine.stat(id, '/etc/passwd');
      assert.deepEqual([passwd?.type, passwd?.mode], ['file', 0o644]);
      assert.ok(passwd!.size > 100);
      assert.deepEqual((await engine.stat(id, '/tmp'))?.mode, 0o1777);
      assert.equal((await engine.stat(id, '/etc'))?.type, 'directory');
      const link = await engine.stat(id, '/var/run');
      assert.deepEqual([link?.type, link?.linkTarget], ['symlink', '/run']);
      assert.equal(await engine.stat(id, '/no/such/file'), undefined);
    });

    it('copies out and in', async () => {
      const id = await start();
      const entries = await unpackTar(new Uint8Array(await buffer(await engine.copyOut(id, '/etc/hostname'))));
      assert.equal(entries.length, 1);
      const body = Buffer.from('copied in\n');
      await engine.copyIn(
        id,
        '/srv',
        Buffer.from(await packTar([{ header: { name: 'a.txt', size: body.length, mode: 0o600 }, body }])),
      );
      assert.equal(String((await engine.exec(id, ['cat', '/srv/a.txt'])).stdout), 'copied in\n');
      await assert.rejects(engine.copyOut(id, '/no/such/file'), (error: Failure) => error.code === 'engine-refused');
      await assert.rejects(
        engine.copyIn(id, '/etc/passwd', Buffer.alloc(1024)),
        (error: Failure) => error.code === 'engine-refused',
      );
    });

    it('lists changes', async () => {
      const id = await start({
        entrypoint: shell('echo x > /srv/new; echo x >> /etc/passwd; rm /etc/shadow; sleep 300'),
      });
      await engine.exec(id, ['true']);
      const changes = new Map((await engine.changes(id)).map(({ path, kind }) => [path, kind]));
      assert.equal(changes.get('/srv/new'), 'added');
      assert.equal(changes.get('/etc/passwd'), 'modified');
      assert.equal(changes.get('/etc/shadow'), 'deleted');
    });
  });

  describe('what is writable', () => {
    it('gives a read-only root without any hidden writable mount', async () => {
      const { log } = await output(
        'cat /proc/self/mountinfo; for d in / /etc /run /tmp /var/tmp /usr/bin; do touch $d/x 2>&1; done',
        {
          readOnlyRoot: true,
        },
      );
      const mounts = parseMounts(log);
      const known = ['/dev', '/dev/shm', '/dev/pts', '/dev/mqueue', '/dev/console', '/proc'];
      const hidden = mounts.filter(({ path, writable, root }) => writable && !known.includes(path) && root !== '/null');
      assert.deepEqual(
        hidden.map(({ path }) => path),
        [],
      );
      assert.equal(log.match(/Read-only file system/g)?.length, 6);
    });

    it('binds literally: empty stays empty, writable and executable, and a file is a file', async () => {
      const open = directory('open');
      const closed = directory('closed');
      writeFileSync(join(closed, 'given'), 'from the host\n');
      writeFileSync(join(scratch, 'one-file'), 'one\n');
      const script = [
        'ls -A /etc/nginx',
        'cp /bin/true /etc/nginx/t && /etc/nginx/t && echo executed',
        'cat /opt/given',
        'touch /opt/x 2>&1',
        'cat /srv/one',
        'grep /etc/nginx /proc/self/mounts',
      ].join('; ');
      const { log } = await output(script, {
        readOnlyRoot: true,
        binds: [
          { source: open, target: '/etc/nginx', readOnly: false },
          { source: closed, target: '/opt', readOnly: true },
          { source: join(scratch, 'one-file'), target: '/srv/one', readOnly: false },
        ],
      });
      const [executed, given, refused, one, mount = ''] = log.trim().split('\n');
      assert.deepEqual([executed, given, one], ['executed', 'from the host', 'one']);
      assert.match(refused!, /Read-only file system/);
      assert.match(mount, / rw,/);
      assert.doesNotMatch(mount, /noexec/);
      assert.deepEqual(readdirSync(open), ['t']);
    });

    it('does not create a bind source that is not there', async () => {
      const source = join(scratch, 'missing');
      const binds = [{ source, target: '/mnt', readOnly: false }];
      await assert.rejects(start({ binds }), (error: Failure) => error.code === 'engine-refused');
      assert.throws(() => statSync(source));
    });

    it('mounts an empty tmpfs with the asked options', async () => {
      const options = ['rw', 'exec', 'suid', 'dev', 'mode=0777', 'size=1m'];
      const tmpfs = [
        { target: '/etc/nginx', options },
        { target: '/new', options },
      ];
      const { log } = await output(
        'ls -A /etc/nginx; stat -c %a /new; cp /bin/true /etc/nginx/t && /etc/nginx/t && echo executed; grep /etc/nginx /proc/self/mounts',
        { tmpfs },
      );
      const [mode, executed, mount = ''] = log.trim().split('\n');
      assert.deepEqual([mode, executed], ['777', 'executed']);
      assert.match(mount, /size=1024k/);
      assert.doesNotMatch(mount, /noexec|nosuid|nodev/);
    });

    it('lets root write and execute in /dev and /dev/shm, as Kubernetes does', async () => {
      const tmpfs = [
        { target: '/dev', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k', 'exec'] },
        { target: '/dev/shm', options: ['nosuid', 'nodev', 'exec', 'mode=1777', 'size=64m'] },
      ];
      const script =
        'for d in /dev /dev/shm; do cp /bin/true $d/t && $d/t && echo $d; done; ls /dev/pts/ptmx /dev/mqueue -d; echo > /dev/null && stat -c %a /dev/shm';
      const { log } = await output(script, { tmpfs, readOnlyRoot: true });
      assert.deepEqual(log.trim().split('\n'), ['/dev', '/dev/shm', '/dev/mqueue', '/dev/pts/ptmx', '1777']);
    });
  });

  describe('what a process may do', () => {
    const identity = async (changes: Partial<ContainerRequest>) => {
      const { log } = await output('cat /proc/self/status', changes);
      return parseIdentity(log);
    };

    it('gives root exactly the asked capabilities', async () => {
      const full = await identity({ capabilities: DEFAULT_CAPABILITIES });
      assert.deepEqual(
        [full.bounding, full.effective, full.permitted],
        [DEFAULT_BOUNDING, DEFAULT_BOUNDING, DEFAULT_BOUNDING],
      );
      assert.deepEqual([full.ambient, full.inheritable], [0n, 0n]);
      const two = await identity({ capabilities: ['NET_BIND_SERVICE', 'SYS_ADMIN'] });
      assert.equal(two.effective, NET_BIND_SERVICE | SYS_ADMIN);
      const none = await identity({ capabilities: [] });
      assert.deepEqual([none.bounding, none.effective], [0n, 0n]);
    });

    it('gives another user nothing effective, permitted or ambient, whatever is asked', async () => {
      const full = await identity({ user: '65532', capabilities: DEFAULT_CAPABILITIES });
      assert.deepEqual([full.uid, full.gid, full.bounding], [65532, 0, DEFAULT_BOUNDING]);
      const one = await identity({ user: '65532:65532', capabilities: ['NET_BIND_SERVICE'] });
      assert.deepEqual([one.gid, one.bounding], [65532, NET_BIND_SERVICE]);
      const none = await identity({ user: '65532', capabilities: [] });
      assert.equal(none.bounding, 0n);
      const beyond = await identity({ user: '65532', capabilities: ['SYS_ADMIN'] });
      for (const seen of [full, one, none, beyond]) {
        assert.deepEqual([seen.effective, seen.permitted, seen.ambient, seen.inheritable], [0n, 0n, 0n, 0n]);
      }
    });

    it('knows the user that the image names', async () => {
      const image = await builtImage(engine, 'user', 'USER www-data');
      const seen = await identity({ image, capabilities: ['NET_BIND_SERVICE'] });
      assert.deepEqual(
        [seen.uid, seen.gid, seen.effective, seen.ambient, seen.bounding],
        [33, 33, 0n, 0n, NET_BIND_SERVICE],
      );
    });

    it('adds supplementary groups', async () => {
      const seen = await identity({ user: '65532:65532', groups: [1234, 5678] });
      assert.ok(seen.groups.includes(1234) && seen.groups.includes(5678));
    });

    it('invents no user in the image', async () => {
      const { log } = await output('cat /etc/passwd', { user: '65532' });
      assert.doesNotMatch(log, /65532/);
    });

    it('sets no_new_privs and seccomp as asked', async () => {
      const open = await identity({ noNewPrivileges: false, seccomp: 'unconfined' });
      assert.deepEqual([open.noNewPrivileges, open.seccomp], [false, 0]);
      const closed = await identity({ noNewPrivileges: true, seccomp: 'default' });
      assert.deepEqual([closed.noNewPrivileges, closed.seccomp], [true, 2]);
    });

    it('gives a privileged container the host’s capabilities, devices and unmasked /proc and /sys', async (test) => {
      if (dockerCannotBePrivileged) return test.skip(dockerCannotBePrivileged);
      const { log } = await output('cat /proc/self/status; ls /dev; cat /proc/self/mountinfo', { privileged: true });
      const seen = parseIdentity(log);
      assert.ok(seen.effective & SYS_ADMIN);
      assert.match(log, /^loop-control$/m);
      const mounts = new Map(parseMounts(log).map((mount) => [mount.path, mount]));
      assert.equal(mounts.get('/sys')?.writable, true);
      assert.equal(mounts.has('/proc/sys'), false);
      const user = await identity({ privileged: true, user: '65532' });
      assert.deepEqual([user.effective, user.ambient], [0n, 0n]);
      assert.ok(user.bounding & SYS_ADMIN);
    });

    it('masks /proc unless asked not to', async () => {
      const proc = async (unmaskedProc: boolean) => {
        const { log } = await output('cat /proc/self/mountinfo', { unmaskedProc });
        return parseMounts(log).map(({ path }) => path);
      };
      assert.ok((await proc(false)).includes('/proc/sys'));
      assert.deepEqual(
        (await proc(true)).filter((path) => path.startsWith('/proc/')),
        [],
      );
    });

    it('gives a user namespace of its own and shares it, where it can', async (test) => {
      const userNamespace = { first: 1_000_000, size: 65_536 };
      if (engine.info.name === 'docker') {
        await assert.rejects(create({ userNamespace }), (error: Failure) => error.code === 'engine-refused');
        return test.skip('Docker has none for a single container');
      }
      const owner = await start({ userNamespace, user: '0' });
      const joined = await start({ userNamespace: { join: owner }, network: { join: owner }, user: '1000:1000' });
      const seen = async (id: string) => {
        const script = 'readlink /proc/self/ns/user; cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u /etc';
        return String((await engine.exec(id, shell(script))).stdout)
          .trim()
          .split(/\s+/);
      };
      const [namespace, ...rest] = await seen(owner);
      assert.deepEqual(rest, ['0', '1000000', '65536', '0', '1000000', '65536', '0', '0']);
      assert.deepEqual(await seen(joined), [namespace, ...rest.slice(0, -2), '1000', '0']);
      await engine.remove(joined);
      await engine.remove(owner);
    });

    it('limits memory and processes', async () => {
      const id = await start({ memoryBytes: 64 * 1024 * 1024, pidsLimit: 20 });
      const { stdout } = await engine.exec(id, shell('for i in $(seq 40); do sleep 5 & done 2>&1; wait'), {
        timeoutMs: 20_000,
      });
      assert.match(String(stdout), /fork|Resource temporarily unavailable/);
    });
  });

  describe('networks', () => {
    it('reaches the pod from here, shares its namespaces, and has no route out', async (test) => {
      const network = await engine.createNetwork(`petrify-${run}-net`, labels);
      const owner = await start({
        network: { name: network, aliases: ['web', 'web.default.svc'] },
        hostname: 'owner-host',
        sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
        image: BASE_IMAGE,
        entrypoint: ['nginx', '-g', 'daemon off;'],
        capabilities: DEFAULT_CAPABILITIES,
      });
      const { ipAddress } = await engine.state(owner);
      assert.ok(ipAddress);
      const joined = await start({ network: { join: owner } });
      const seen = async (script: string) => String((await engine.exec(joined, shell(script))).stdout).trim();
      assert.equal(await seen('hostname'), 'owner-host');
      assert.equal(await seen('cat /proc/sys/net/ipv4/ip_unprivileged_port_start'), '0');
      assert.match(
        await seen('perl -MIO::Socket::INET -e \'print IO::Socket::INET->new("127.0.0.1:80") ? "open" : "closed"\''),
        /open/,
      );
      // Podman leaves out the default route; Docker filters instead, and the connection times out.
      const outside = 'IO::Socket::INET->new(PeerAddr => "1.1.1.1:53", Timeout => 2) ? "open" : "closed"';
      assert.equal(await seen(`timeout 5 perl -MIO::Socket::INET -e 'print ${outside}' || echo closed`), 'closed');
      if (!engine.info.local) return test.skip('the engine is on another machine');
      await assert.doesNotReject(fetch(`http://${ipAddress}/`).then((answer) => answer.text()));
      const names = await seen('getent hosts web; getent hosts web.default.svc');
      assert.equal(names.split('\n').length, 2);
    });
  });

  describe('what is left behind', () => {
    it('finds everything by its label, and removes it', async () => {
      const own = newRun();
      const network = await engine.createNetwork(`petrify-${own}`, { [RUN_LABEL]: own });
      const image = await builtImage(engine, 'volume', 'VOLUME /data');
      const id = await start({ image, network: { name: network, aliases: [] }, labels: { [RUN_LABEL]: own } });
      assert.deepEqual(await engine.labelled(own), { containers: [id], networks: [network] });
      assert.ok((await engine.labelled()).containers.includes(id));
      assert.ok((await engine.runs()).includes(own));
      const volumes = ((await engine.state(id)).writesTo ?? []).filter((path) => path.includes('/volumes/'));
      assert.equal(volumes.length, 1);
      if (engine.info.local) assert.ok(existsSync(volumes[0]!));
      await engine.remove(id);
      assert.equal(existsSync(volumes[0]!), false);
      await engine.removeNetwork(network);
      await engine.removeNetwork(network);
      assert.deepEqual(await engine.labelled(own), { containers: [], networks: [] });
    });
  });
}
