/**
 * What is claimed of each requirement. A label that does not stand here is claimed as met. The user
 * of a requirement is whoever calls the core's door; what a host makes of it is not asked here.
 *
 * `partly` is met but for the case that its reason names. `deviates` is a departure that the code
 * explains where it happens; the reason stands there and not here. `absent` is a feature there is
 * none of, `moot` a rule that binds somebody else or something we do not have.
 */

/** What is claimed of a label. */
export type Status = 'met' | 'partly' | 'deviates' | 'absent' | 'moot';

/** A claim other than `met`; `reason` is empty where the code has it. */
export interface Claim {
  readonly status: Exclude<Status, 'met'>;
  readonly reason: string;
}

const deviates: Claim = { status: 'deviates', reason: '' };
const absent = (reason: string): Claim => ({ status: 'absent', reason });
const moot = (reason: string): Claim => ({ status: 'moot', reason });

/** Every claim that is not `met`. */
export const CLAIMS: Readonly<Record<string, Claim>> = {
  'SHLD-6': moot('a stack has one link and one MTU, which does not differ from packet to packet'),
  'SHLD-13': moot('it binds applications; our command line and the shape of node:net use none'),
  'SHLD-23': moot('it binds applications; a connection keeps the Diffserv field it was given'),
  'SHLD-26': deviates,
  'MAY-2': deviates,
  'MAY-6': absent('no peer is known that needs the octet, and SHLD-12 asks for none'),
  'MAY-9': absent('no user has asked for the Diffserv field of what arrives'),
  'MAY-10': absent('IP options other than source routes are passed over, and none is sent'),
  'MAY-11': absent('IP options other than source routes are passed over, and none is sent'),
  'MAY-14': absent('what has been taken by SEND is sent; ABORT is how to take it back'),
  'MAY-15': absent('there is no flag: everything is pushed, unless CORK holds it back'),
  'MAY-17': absent('text is told to the user as soon as it is in order, PSH or not'),
  'MAY-18': absent('RFC 5681 is the one congestion control there is'),
};

/** Labels that still wait for their mark in the code, at a line that is known. */
export const UNMARKED: readonly string[] = [];
