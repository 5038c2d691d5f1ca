/** What start scripts of images may write, as read from them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scriptWrites } from './entrypoint-script.ts';

const env = new Map([
  ['PGDATA', '/var/lib/postgresql/data'],
  ['EMPTY', ''],
]);
const table: readonly (readonly [string, readonly string[]])[] = [
  ['mkdir -p /run/app "/var/cache/app" -m 700', ['mkdir /run/app', 'mkdir /var/cache/app']],
  ['mkdir -m 0750 /run/app', ['mkdir /run/app']],
  ['mkdir -p "$PGDATA"/log', ['mkdir /var/lib/postgresql/data/log']],
  ['mkdir -p ${DATA:-/data}/x ${EMPTY:-/e} ${EMPTY-/f}', ['mkdir /data/x', 'mkdir /e']],
  [': "${CONF:=/etc/app}"\ntouch $CONF/local.conf', ['create /etc/app/local.conf']],
  ['DIR=/srv/app; export LOG="$DIR/log"\nmkdir "$LOG"', ['mkdir /srv/app/log']],
  ['A=/a\nif x; then A=/b; fi\nmkdir $A /c', ['mkdir /c']],
  [
    'echo x > /etc/app.conf; echo y >>"/etc/app.conf"; echo z 2>/var/log/err',
    ['create /etc/app.conf', 'create /var/log/err'],
  ],
  ['echo warning >&2; x 2>&1 >/dev/null; y &> /var/log/all', ['create /var/log/all']],
  ['envsubst < /t/x.template > /etc/nginx/conf.d/default.conf', ['create /etc/nginx/conf.d/default.conf']],
  ['cat > /etc/hosts.d/x <<EOF\nmkdir /not/this\nEOF\nmkdir /this', ['create /etc/hosts.d/x', 'mkdir /this']],
  ['cat <<-"END" >/a/b\n\tmkdir /no\n\tEND\nmkdir /yes', ['create /a/b', 'mkdir /yes']],
  ['chown -R redis:redis /data . && chmod 700 "$PGDATA"', ['attributes /data', 'attributes /var/lib/postgresql/data']],
  ['chown --reference=/x /y', ['attributes /y']],
  ["find /var/lib/app \\! -user app -exec chown app '{}' +", ['attributes /var/lib/app']],
  ['find /etc -name x', []],
  ['cp -r /usr/share/app/. /etc/app/', ['create /etc/app']],
  [
    'cp -t /etc/app /x /y; mv /a/b /c/d; ln -sf /dev/stdout /var/log/x.log',
    ['create /etc/app', 'create /c/d', 'create /var/log/x.log'],
  ],
  ['install -d -o app -m 755 /run/app; install -m 600 key /etc/app/key', ['mkdir /run/app', 'create /etc/app/key']],
  ["sed -i 's/a/b/' /etc/app.conf; sed -ie x -e y /z; sed s/a/b/ /no", ['modify /etc/app.conf', 'modify /z']],
  ["sed -i.bak -e 's,/a,/b,' /etc/one /etc/two", ['modify /etc/one', 'modify /etc/two']],
  ['echo x | tee -a /etc/x /etc/y > /dev/null', ['create /etc/x', 'create /etc/y']],
  ['exec gosu app mkdir /run/x', ['mkdir /run/x']],
  ['env A=b touch /run/y; sudo -E touch /run/z', ['create /run/y', 'create /run/z']],
  ['tar -xzf /seed.tgz -C /srv; tar cf - -C /no .; dd if=/x of=/y', ['modify /srv', 'create /y']],
  ['touch "/run/$NAME.pid" /tmp/*.lock /$X relative ~/x', ['modify /run', 'modify /tmp']],
  ['chmod 1777 $(find /no -type d) /t`x`', []],
  ['# mkdir /no\nmkdir /yes # touch /no', ['mkdir /yes']],
  ["echo 'mkdir /no'; echo \"touch /no\"; mkdir '/with space'", ['mkdir /with space']],
  ['case "$1" in\n -*) mkdir /a ;;\n nginx|php) touch /b;;\nesac', ['mkdir /a', 'create /b']],
  ['for d in a b; do mkdir -p /data/$d; done', ['modify /data']],
  [
    'f() {\n  local dir=/run/f\n  mkdir "$dir"\n}\n! touch /t && (cd / && mkdir /s)',
    ['mkdir /run/f', 'create /t', 'mkdir /s'],
  ],
  ['mkdir \\\n  -p \\\n  /long/one', ['mkdir /long/one']],
  ['mkdir /proc/x /sys/y /dev/z /', []],
];
for (const [script, expected] of table) {
  test(JSON.stringify(script), () => {
    assert.deepEqual(
      scriptWrites(script, env).map(({ what, path }) => `${what} ${path}`),
      expected,
    );
  });
}

test('each has its line and its command', () => {
  const script = '#!/bin/sh\nset -e\n\ncat <<EOF\na\nEOF\nmkdir -p "/run/$NAME" \\\n  /x\n';
  assert.deepEqual(scriptWrites(script), [
    { path: '/run', what: 'modify', line: 7, text: 'mkdir -p /run/… /x' },
    { path: '/x', what: 'mkdir', line: 7, text: 'mkdir -p /run/… /x' },
  ]);
});

test('slashes count once', () => {
  assert.deepEqual(
    scriptWrites('mkdir /x//y/\n> //${A:-').map(({ path }) => path),
    ['/x/y'],
  );
});

test('no text makes it throw, hang, or name what is no absolute path', () => {
  const shellish = fc.stringMatching(/^[a-c $"'`(){}<>|&;\\\n/=:*~#-]{0,80}$/);
  const script = fc.array(
    fc.oneof(shellish, fc.constantFrom('mkdir ', '> /', 'cat <<E\n', '${A:-', 'A=/x ', 'sed -i ')),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        script.map((parts) => parts.join('')),
        fc.string(),
      ),
      (text) => {
        for (const { path, line } of scriptWrites(text)) {
          assert.match(path, /^\/[^\0]*[^/\0]$/);
          assert.ok(line >= 1 && line <= text.split('\n').length);
        }
      },
    ),
    { numRuns: 500 },
  );
});
