/** The pools of a core whose items `used` counts, in its order. */
export const POOLS: readonly string[] = [
  'TCBs',
  'children',
  'TIME-WAIT records',
  'ranges',
  'replies',
  'pages',
  'source routes',
  'flights',
  'records of segments',
  'orphans',
  'blocks of short texts',
  'connections in FIN-WAIT-2 whose users are gone',
  'sockets of UDP',
  'datagrams to be sent',
  'memberships',
];
