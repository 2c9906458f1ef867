/**
 * What is claimed of each requirement. A label that does not stand here is claimed as met. The user
 * of a requirement is whoever calls the core's door; what a host makes of it is not asked here.
 *
 * `partly` is met but for the case that its reason names. `deviates` is a departure that the code
 * explains where it happens; the reason stands there and not here. `absent` is a feature there is
 * none of, `moot` a rule that binds somebody else or something we do not have.
 */

/** What is claimed of a label, or of a section. */
export type Status = 'met' | 'partly' | 'deviates' | 'absent' | 'moot';

/** A claim other than `met`; `reason` is empty where the code has it. */
export interface Claim {
  readonly status: Exclude<Status, 'met'>;
  readonly reason: string;
}

const deviates: Claim = { status: 'deviates', reason: '' };
const absent = (reason: string): Claim => ({ status: 'absent', reason });
const partly = (reason: string): Claim => ({ status: 'partly', reason });
const moot = (reason: string): Claim => ({ status: 'moot', reason });

/** Claims about the other RFCs. */
const OTHER_CLAIMS: Readonly<Record<string, Claim>> = {
  'RFC 1112 §7.2b': deviates,
  'RFC 1122 §4.1.3.2': absent('options of IP belong to source routes, which are for TCP alone'),
  'RFC 1122 §4.1.3.3': partly('as in Linux who is connected to nobody is not told'),
  'RFC 1122 §4.1.3.4c': absent('no user of today asks for it'),
  'RFC 1122 §4.2.2.13a': deviates,
  'RFC 1122 §3.3.2c': deviates,
  'RFC 1122 §4.2.2.13c': deviates,
  'RFC 1191 §6.4d': deviates,
  'RFC 2018 §5b': deviates,
  'RFC 2883 §4.3': absent('what PAWS turns away is acknowledged and not looked at'),
  'RFC 3168 §6.1.1.1b': absent('a RST refuses, for an ECN-setup SYN as for any other'),
  'RFC 4987 §3.1': moot('it binds networks, not the hosts in them'),
  'RFC 4987 §3.4': absent('cookies keep the way open, and no honest handshake is cut short'),
  'RFC 4987 §3.8': moot('it binds firewalls, not the hosts behind them'),
  'RFC 5482 §3a': absent('no system sends it, and a peer could ask to be remembered for days'),
  'RFC 5681 §3.1a': deviates,
  'RFC 5681 §3.1d': deviates,
  'RFC 3522 §3.2c': deviates,
  'RFC 3522 §3.4': absent('a receiver that wants more than its share can ACK early as well'),
  'RFC 4015 §3.2b': deviates,
  'RFC 5682 §3.1d': deviates,
  'RFC 5681 §4.1': deviates,
  'RFC 6928 §2c': deviates,
  'RFC 7661 §4.4.1a': deviates,
  'RFC 7661 §4.4.1b': partly('what was sent again twice counts twice: less is left, never more'),
  'RFC 7661 §4.4.2': absent('bursts are bounded by pacing or not at all, validated or not'),
  'RFC 5927 §7.2': absent('a report must quote what is in flight, and can not make dust'),
  'RFC 5961 §3.2a': partly("behind the peer's FIN a RST with that FIN's number is taken as well"),
  'RFC 5961 §7b': deviates,
  'RFC 6056 §3.2a': deviates,
  'RFC 6191 §2d': deviates,
  'RFC 6191 §2e': deviates,
  'RFC 6298 §2.4': deviates,
  'RFC 6298 §5b': absent('a measurement that is old is better than none, and the next corrects it'),
  'RFC 6582 §3.2e': deviates,
  'RFC 6582 §4': absent('recovery begins anew only beyond what was sent before the timeout'),
  'RFC 6675 §4a': partly('where reordering was seen time proves a loss, not three segments'),
  'RFC 6675 §4d': absent('what is not lost is not sent again; the tail is probed instead'),
  'RFC 6675 §4e': absent('what is not lost is not sent again; the tail is probed instead'),
  'RFC 6675 §5b': deviates,
  'RFC 6864 §4.3b': deviates,
  'RFC 7323 §2.3b': absent('a core has no log; the shift is taken as 14 and works'),
  'RFC 7323 §2.4b': partly('after a timeout the window as it is now has its say'),
  'RFC 7323 §3.2c': deviates,
  'RFC 7323 §5.6': absent('there is one path for every segment, and no faster one to miss'),
  'RFC 8200 §4b': deviates,
  'RFC 8201 §5.4': deviates,
  'RFC 8985 §6.2f': deviates,
  'BBR §5.5.10.3': deviates,
  'RFC 9438 §4.3b': deviates,
  'RFC 9438 §4.7': deviates,
};

/** Every claim that is not `met`. */
export const CLAIMS: Readonly<Record<string, Claim>> = {
  'MUST-13': deviates,
  'MUST-23': deviates,
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
  ...OTHER_CLAIMS,
};

/** Labels that still wait for their mark in the code, at a line that is known. */
export const UNMARKED: readonly string[] = [];
