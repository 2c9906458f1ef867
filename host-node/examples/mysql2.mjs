/**
 * mysql2: `stream` makes the connection.
 *
 * node host-node/examples/mysql2.mjs    (MariaDB or MySQL at 10.9.0.1, where `netcell` may log in)
 */
import mysql from 'mysql2/promise';
import { KERNEL, net } from './device.mjs';

const connection = await mysql.createConnection({
  user: 'netcell',
  stream: () => net.connect(3306, KERNEL),
});
const question = "SELECT ? + ? AS sum, REPEAT('x', ?) AS text";
const [[{ sum, text }]] = await connection.execute(question, [40, 2, 1_000_000]);
console.log(`${sum}, ${text.length} octets`);
await connection.end();
