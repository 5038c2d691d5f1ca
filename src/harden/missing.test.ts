/** What drivers and servers say when a neighbour is missing: real messages of many, each with the host that they looked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerObservation } from '../observe/observe.ts';
import { missingNeighbours } from './missing.ts';

const missing = (logs: string) => missingNeighbours({ containers: [{ name: 'app', logs } as ContainerObservation] });
const SOMETHING = 'something outside of the pod';

const messages: readonly (readonly [string, string, string])[] = [
  ['libpq, no address', 'db', 'psql: error: could not translate host name "db" to address: Name or service not known'],
  [
    'libpq, nobody there',
    'db.internal',
    'connection to server at "db.internal" (10.0.0.3), port 5432 failed: Connection refused',
  ],
  [
    'libpq before 14',
    'db',
    'could not connect to server: Connection refused Is the server running on host "db" (10.1.1.1) and accepting TCP/IP connections on port 5432?',
  ],
  [
    'pgx',
    'db',
    'failed to connect to `host=db user=x database=y`: hostname resolving error (lookup db on 10.96.0.10:53: no such host)',
  ],
  [
    'JDBC of PostgreSQL',
    'db:5432',
    'org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are correct',
  ],
  ['MySQL client, no address', 'db', "ERROR 2005 (HY000): Unknown MySQL server host 'db' (-2)"],
  ['MariaDB client, no address', 'db.example', "ERROR 2005 (HY000): Unknown MariaDB server host 'db.example' (-3)"],
  ['MySQL client, nobody there', 'db:3306', "ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (111)"],
  [
    'PHP',
    'db',
    'SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for db failed: Temporary failure in name resolution',
  ],
  ['PHP, nobody there', SOMETHING, 'SQLSTATE[HY000] [2002] Connection refused'],
  ['JDBC of MySQL', SOMETHING, 'com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure'],
  ['Java', 'kafka', 'java.net.UnknownHostException: kafka: Name or service not known'],
  ['Java, without more', 'db.example.org', 'Caused by: java.net.UnknownHostException: db.example.org'],
  [
    'Kafka client',
    'kafka:9092',
    "WARN Couldn't resolve server kafka:9092 from bootstrap.servers as DNS resolution failed for kafka",
  ],
  ['Node, no address', 'redis', 'Error: getaddrinfo ENOTFOUND redis'],
  ['Node, DNS down', 'mongo.default.svc', 'Error: getaddrinfo EAI_AGAIN mongo.default.svc'],
  ['Node, nobody there', '10.0.0.7:27017', 'MongoServerSelectionError: connect ECONNREFUSED 10.0.0.7:27017'],
  ['Node, IPv6', '[fd00::7]:27017', 'Error: connect ECONNREFUSED [fd00::7]:27017'],
  ['Go, no address', 'db.internal', 'dial tcp: lookup db.internal on 10.96.0.10:53: no such host'],
  ['Go, DNS down', 'db', 'dial tcp: lookup db: i/o timeout'],
  ['Go, nobody there', '10.0.0.9:5432', 'panic: dial tcp 10.0.0.9:5432: connect: connection refused'],
  ['Python', SOMETHING, 'socket.gaierror: [Errno -2] Name or service not known'],
  [
    'redis-py',
    'redis:6379',
    'redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.',
  ],
  ['redis-cli', 'redis:6379', 'Could not connect to Redis at redis:6379: Name or service not known'],
  ['Ruby', SOMETHING, 'SocketError: getaddrinfo: Name or service not known'],
  ['.NET', 'db:5432', 'System.Net.Sockets.SocketException (0xFFFDFFFF): Name or service not known (db:5432)'],
  ['curl, no address', 'api.example', 'curl: (6) Could not resolve host: api.example'],
  ['curl, nobody there', 'api', 'curl: (7) Failed to connect to api port 8080 after 3 ms: Connection refused'],
  ['wget of busybox', 'api', "wget: bad address 'api'"],
  [
    'nginx',
    'backend:8080',
    'nginx: [emerg] host not found in upstream "backend:8080" in /etc/nginx/conf.d/default.conf:3',
  ],
  ['HAProxy', 'backend', "[ALERT] (1) : config : 'server web/s1' : could not resolve address 'backend'."],
  ['Erlang', SOMETHING, '{error,nxdomain}'],
  ['no route', SOMETHING, 'connect: No route to host'],
];

for (const [name, host, line] of messages) {
  test(`${name}: ${host}`, () =>
    assert.deepEqual(missing(line), [`app looked for ${host}, which is not here: ${line}`]));
}

const own: readonly (readonly [string, string])[] = [
  [
    'its own port, by name',
    'psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
  ],
  ['its own port, by address', 'dial tcp 127.0.0.1:6379: connect: connection refused'],
  ['its own port, IPv6', 'Error: connect ECONNREFUSED ::1:27017'],
  ['its own port, IPv6 in brackets', 'dial tcp [::1]:6379: connect: connection refused'],
  [
    'a socket file',
    "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (2)",
  ],
  [
    'a socket file, libpq',
    'connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed: No such file or directory, on Unix domain socket',
  ],
  ['a missing licence', 'FATAL: no licence found'],
  ['a missing file', 'open /etc/app.conf: no such file or directory'],
  ['a refused write', 'mkdir /srv/x: read-only file system'],
];

for (const [name, line] of own) test(`${name} is not missing from outside`, () => assert.deepEqual(missing(line), []));

test('the last lines first, each host once, five at most, and hostile lines are cut', () => {
  const lines = Array.from({ length: 9 }, (_, index) => `Error: getaddrinfo ENOTFOUND db${index}`);
  const said = missing([...lines, ...lines].join('\n'));
  assert.equal(said.length, 5);
  assert.match(said[0]!, /^app looked for db8,/);
  const [long] = missing(`Error: getaddrinfo ENOTFOUND ${'x'.repeat(100_000)}`);
  assert.ok(long!.length < 3000);
});

test('each container says what it missed', () => {
  const containers = ['web', 'worker'].map((name) => ({ name, logs: `Error: getaddrinfo ENOTFOUND ${name}-db` }));
  assert.deepEqual(
    missingNeighbours({ containers: containers as unknown as ContainerObservation[] }).map(
      (said) => said.split(',')[0],
    ),
    ['web looked for web-db', 'worker looked for worker-db'],
  );
});
