/**
 * mongodb, which knows nothing of netcell.
 *
 * sudo netcell run -- node host-node/examples/run/mongodb.mjs    (MongoDB at 10.9.0.1)
 */
import { MongoClient } from 'mongodb';

const client = await new MongoClient('mongodb://10.9.0.1', { serverApi: '1' }).connect();
const things = client.db('netcell').collection('things');
const { insertedCount } = await things.insertMany([{ name: 'one' }, { name: 'two' }]);
const names = await things
  .find()
  .map(({ name }) => name)
  .toArray();
console.log(`${insertedCount}: ${names.join(', ')}`);
await client.close();
