/** Makes a table, inserts into it, and reads it back. */
import pg from 'pg';
import { ANSWER_MS, type Client, expectAnswer, freshName } from '../client.ts';

const STORED = 'bench_stored';

const client: Client = {
  async check(address) {
    await connected(address, async (connection) => {
      const one = await connection.query('SELECT 1 AS one');
      expectAnswer('SELECT 1', JSON.stringify(one.rows), '[{"one":1}]');
      const table = freshName();
      await fill(connection, table);
      await read(connection, table);
      await connection.query(`DROP TABLE ${table}`);
    });
  },
  state: {
    store: (address) => connected(address, (connection) => fill(connection, STORED)),
    find: (address) => connected(address, (connection) => read(connection, STORED)),
  },
};
export default client;

async function connected(host: string, work: (connection: pg.Client) => Promise<void>): Promise<void> {
  const login = { user: 'app', password: 'app', database: 'app' };
  const connection = new pg.Client({
    host,
    ...login,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  // A connection that breaks between two questions fails the next one.
  connection.on('error', () => {});
  await connection.connect();
  try {
    await work(connection);
  } finally {
    await connection.end();
  }
}

async function fill(connection: pg.Client, table: string): Promise<void> {
  await connection.query(`DROP TABLE IF EXISTS ${table}`);
  await connection.query(`CREATE TABLE ${table} (id serial PRIMARY KEY, word text NOT NULL)`);
  await connection.query(`INSERT INTO ${table} (word) VALUES ($1), ($2)`, ['first', 'second']);
}

async function read(connection: pg.Client, table: string): Promise<void> {
  const { rows } = await connection.query(`SELECT word FROM ${table} ORDER BY id DESC`);
  expectAnswer('SELECT', JSON.stringify(rows), '[{"word":"second"},{"word":"first"}]');
}
