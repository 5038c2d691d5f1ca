/** Makes a table, inserts into it, and reads it back. */
import { createConnection } from 'mysql2/promise';
import { ANSWER_MS, type Client, expectAnswer, freshName } from '../client.ts';

const STORED = 'bench_stored';

const client: Client = {
  async check(address) {
    await connected(address, async (query) => {
      expectAnswer('SELECT 1', JSON.stringify(await query('SELECT 1 AS one')), '[{"one":1}]');
      const table = freshName();
      await fill(query, table);
      await read(query, table);
      await query(`DROP TABLE ${table}`);
    });
  },
  state: {
    store: (address) => connected(address, (query) => fill(query, STORED)),
    find: (address) => connected(address, (query) => read(query, STORED)),
  },
};
export default client;

type Query = (sql: string) => Promise<unknown>;

async function connected(host: string, work: (query: Query) => Promise<void>): Promise<void> {
  const login = { user: 'app', password: 'app', database: 'app' };
  const connection = await createConnection({ host, ...login, connectTimeout: ANSWER_MS });
  try {
    await work(async (sql) => (await connection.query({ sql, timeout: ANSWER_MS }))[0]);
  } finally {
    connection.destroy();
  }
}

async function fill(query: Query, table: string): Promise<void> {
  await query(`DROP TABLE IF EXISTS ${table}`);
  await query(`CREATE TABLE ${table} (id int AUTO_INCREMENT PRIMARY KEY, word text NOT NULL)`);
  await query(`INSERT INTO ${table} (word) VALUES ('first'), ('second')`);
}

async function read(query: Query, table: string): Promise<void> {
  const words = await query(`SELECT word FROM ${table} ORDER BY id DESC`);
  expectAnswer('SELECT', JSON.stringify(words), '[{"word":"second"},{"word":"first"}]');
}
