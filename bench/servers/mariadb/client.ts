/** Makes a table, inserts into it, and reads it back. */
import { createConnection } from 'mysql2/promise';
import { ANSWER_MS, type Client, expectAnswer, freshName } from '../client.ts';

const client: Client = {
  async check(address) {
    const login = { user: 'app', password: 'app', database: 'app', connectTimeout: ANSWER_MS };
    const connection = await createConnection({ host: address, ...login });
    const query = async (sql: string) => (await connection.query({ sql, timeout: ANSWER_MS }))[0];
    try {
      expectAnswer('SELECT 1', JSON.stringify(await query('SELECT 1 AS one')), '[{"one":1}]');
      const table = freshName();
      await query(`DROP TABLE IF EXISTS ${table}`);
      await query(`CREATE TABLE ${table} (id int AUTO_INCREMENT PRIMARY KEY, word text NOT NULL)`);
      await query(`INSERT INTO ${table} (word) VALUES ('first'), ('second')`);
      const words = await query(`SELECT word FROM ${table} ORDER BY id DESC`);
      expectAnswer('SELECT', JSON.stringify(words), '[{"word":"second"},{"word":"first"}]');
      await query(`DROP TABLE ${table}`);
    } finally {
      connection.destroy();
    }
  },
};
export default client;
