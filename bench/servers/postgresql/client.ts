/** Makes a table, inserts into it, and reads it back. */
import pg from 'pg';
import { ANSWER_MS, type Client, expectAnswer, freshName } from '../client.ts';

const client: Client = {
  async check(address) {
    const connection = new pg.Client({
      host: address,
      user: 'app',
      password: 'app',
      database: 'app',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    // A connection that breaks between two questions fails the next one.
    connection.on('error', () => {});
    await connection.connect();
    try {
      const one = await connection.query('SELECT 1 AS one');
      expectAnswer('SELECT 1', JSON.stringify(one.rows), '[{"one":1}]');
      const table = freshName();
      await connection.query(`DROP TABLE IF EXISTS ${table}`);
      await connection.query(`CREATE TABLE ${table} (id serial PRIMARY KEY, word text NOT NULL)`);
      await connection.query(`INSERT INTO ${table} (word) VALUES ($1), ($2)`, ['first', 'second']);
      const words = await connection.query(`SELECT word FROM ${table} ORDER BY id DESC`);
      expectAnswer('SELECT', JSON.stringify(words.rows), '[{"word":"second"},{"word":"first"}]');
      await connection.query(`DROP TABLE ${table}`);
    } finally {
      await connection.end();
    }
  },
};
export default client;
