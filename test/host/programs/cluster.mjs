/** A program whose workers share what it listens on. */
import cluster from 'node:cluster';

if (cluster.isPrimary) cluster.fork();
else console.log('begun');
