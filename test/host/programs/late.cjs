/** What is loaded before everything else, and loads `net`. */
require('node:net');
