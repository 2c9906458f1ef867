/**
 * Keeps the module small: at its highest level the compiler copies every small function to each
 * caller. For what runs for each packet that is right, and elsewhere waste.
 *
 * Some functions are called from so many places that they are kept in one for all; copied, they
 * made the module a ninth larger, and two cores that send to each other one or two hundredths
 * faster. And nothing is copied to functions that run seldom: what they call as well as others do
 * has a double for them. What runs for each packet, or for each connection, is the same with all
 * that as without, and takes the same time, while the module, compressed, is a twentieth smaller.
 * A transform of the compiler's, given by `build.mjs`; the language has no word for it.
 */
import { Transform } from 'assemblyscript/transform';

const STORES = ['store/queue/push', 'store/queue/remove', 'store/pool/give*', 'store/pool/take'];
const OUTLINED = [...STORES, 'tcp/fetch/*', 'trace/trace'];

/**
 * Whole files, and functions, that run neither for each packet nor for each connection: once an
 * acknowledgment at most.
 */
const SELDOM = [
  'limits',
  'index/addAddress',
  'index/init',
  'index/ping',
  'pools/layPools',
  'random/seedKeys',
  'icmp-errors',
  'ip/address/addLocalAddress',
  'ip/extensions',
  'ip/fragment',
  'ip/icmp',
  'ip/icmp-error',
  'ip/input/readOptions',
  'ip/path-mtu/pathMtuReported',
  'ip/path-mtu/take',
  'ip/reassembly',
  'ip/packet/emitFragment',
  'ip/route',
  'ip/source-route',
  'ip/unclaimed',
  'store/bitmap/nextWithRoom',
  'store/lane',
  'store/ranges/addRange',
  'store/ranges/insert',
  'store/ranges/pop',
  'store/ranges/push',
  'store/ranges/trimRanges',
  'tcp/abort',
  'tcp/arrives-syn-entry/cookieReturned',
  'tcp/arrives-syn-sent/simultaneousOpen',
  'tcp/autotune/growReceive',
  'tcp/backlog/acknowledgeEntry',
  'tcp/backlog/closeListener',
  'tcp/backlog/synAckTimeout',
  'tcp/cookies',
  'tcp/delayed-ack/answerUnacceptable',
  'tcp/delayed-ack/challenge',
  'tcp/demux/isTaken',
  'tcp/ecn/congestionEchoed',
  'tcp/ecn/takeCodepoint',
  'tcp/keep-alive',
  'tcp/loss/prr',
  'tcp/loss/rack',
  'tcp/loss/recovery/beginRecovery',
  'tcp/loss/recovery/duplicateArrived',
  'tcp/loss/recovery/endRecovery',
  'tcp/loss/recovery/isDuplicate',
  'tcp/loss/recovery/loseEverything',
  'tcp/loss/recovery/lossAcknowledged',
  'tcp/loss/recovery/markForTimeout',
  'tcp/loss/recovery/partialAcknowledgment',
  'tcp/loss/recovery/recover',
  'tcp/loss/recovery/recoveryAcknowledged',
  'tcp/loss/recovery/sendAllAgain',
  'tcp/loss/scoreboard',
  'tcp/loss/tail-probe/probeAcknowledged',
  'tcp/loss/undo',
  'tcp/loss/watch/watchClosedWindow',
  'tcp/open/openPassive',
  'tcp/option',
  'tcp/orphans',
  'tcp/path-mtu/pathMtuFell',
  'tcp/path-mtu/suspectBlackHole',
  'tcp/path-mtu/tryMtu',
  'tcp/rate/bbr',
  'tcp/rate/bbr-control',
  'tcp/rate/bbr-model',
  'tcp/rate/congestion/bbrReduce',
  'tcp/rate/congestion/reduce',
  'tcp/rate/cubic',
  'tcp/rate/delivery/sampleDelivery',
  'tcp/rate/hystart',
  'tcp/rate/reno',
  'tcp/rate/validation/endPeriods',
  'tcp/rate/validation/giveUpUnused',
  'tcp/rate/validation/takeSample',
  'tcp/rate/validation/unvalidatedReduce',
  'tcp/rate/validation/validated',
  'tcp/rate/validation/validationRecovered',
  'tcp/reply/replySynAck',
  'tcp/reply/resetConnection',
  'tcp/sack-blocks/writeBlocks',
  'tcp/send/markUrgent',
  'tcp/sent/joinFollower',
  'tcp/sent/splitSent',
  'tcp/sent/timeAgain',
  'tcp/sent/untime',
  'tcp/shares/outOfOrderShare',
  'tcp/shares/rangeShare',
  'tcp/source-route',
  'tcp/status',
  'tcp/text/textOutOfOrder',
  'tcp/time-wait/dropNeedless',
  'tcp/time-wait/isNewIncarnation',
  'tcp/time-wait/mayAnswer',
  'tcp/time-wait/timeWaitState',
  'tcp/timeouts',
  'tcp/transmit/emitAgain',
  'tcp/transmit/lastSegment',
  'tcp/transmit/mayResend',
  'tcp/transmit/resize',
  'tcp/transmit/textOf',
  'tcp/transmit/transmitAgain',
  'tcp/transmit/transmitProbe',
  'tcp/transmit/transmitTailProbe',
  'tcp/unreachable',
  'datagrams',
  'observe',
  'ip/groups',
  'stack/deliverToMany',
  'stack/emitBeside',
  'udp/arrives/udpArrivesForMany',
  'udp/arrives/udpErrorArrives',
  'udp/calls',
  'udp/demux/isTaken',
  'udp/demux/overlaps',
  'udp/endpoint/claimEndpoint',
  'udp/option',
  'udp/status',
  'wire/icmp',
  'wire/ipv6/endOfChain',
  'wire/ipv6/isWholeChain',
  'wire/ipv6/joinIpv6',
  'wire/ipv6/leastHeader',
  'wire/ipv6/writeFragmentHeader',
  'wire/source-route',
];

/** Calls from functions that run seldom, from which on a function of their own is shorter. */
const WORTH_A_FUNCTION = 4;
/**
 * A function shorter than so many characters of the compiler's text, which others call too, is left
 * as it is: one that calls is not copied to its callers, nor then they to theirs.
 */
const SHORT = 1_000;

/** A call in the compiler's text, and the function that it is of. */
const CALL = /\(call \$([^\s)]+)/g;

/** How a function can be listed: by its path, or with its file. */
function placesOf(name) {
  const path = name.replace('assembly/', '');
  return [path, path.replace(/\/[^/]*$/, '')];
}

/** Whether a function is listed above, by itself or with its file. */
const isListed = (name) => placesOf(name).some((place) => SELDOM.includes(place));

/** The list is to be right: a function with another name would be copied to without a word. */
function checkList(functions) {
  const places = functions.flatMap(placesOf);
  const gone = SELDOM.filter((place) => !places.includes(place));
  if (gone.length !== 0) throw new Error(`outline.mjs names what is not there: ${gone.join(' ')}`);
}

/** Getters and setters are a load or a store. */
const isAccessor = (name) => name.includes('#');
/** The name of a function's double. */
const own = (name) => `${name}~own`;

/** A module's text: what comes before its functions, and these by their names. */
function partsOf(module) {
  const text = module.emitText().replace(/\)\s*$/, '');
  const [head, ...functions] = text.split(/^ (?=\(func )/m);
  return [head, new Map(functions.map((part) => [part.match(/\$(\S+)/)[1], part]))];
}

/** How many calls of each function there are in some texts. */
function countCalls(texts) {
  const counts = new Map();
  for (const text of texts)
    for (const [, name] of text.matchAll(CALL)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

export default class Outline extends Transform {
  afterCompile(module) {
    const { binaryen } = this;
    const keepInOnePlace = (name) => {
      binaryen.setPassArgument('no-inline', name);
      module.runPasses(['no-inline']);
    };
    for (const name of OUTLINED) keepInOnePlace(`assembly/${name}`);

    const [head, functions] = partsOf(module);
    checkList([...functions.keys()]);
    const textsBut = (names) =>
      [...functions].filter(([name]) => !names.has(name)).map((f) => f[1]);
    const listed = new Set([...functions.keys()].filter(isListed));
    const calledByOthers = countCalls(textsBut(listed));
    const isLeft = (name) => calledByOthers.has(name) && functions.get(name).length < SHORT;
    const seldom = new Map([...functions].filter(([name]) => listed.has(name) && !isLeft(name)));
    const calledOften = countCalls(textsBut(seldom));
    const doubled = new Set();
    for (const [name, calls] of countCalls(seldom.values())) {
      if (isAccessor(name) || calls < 2) continue;
      if (!calledOften.has(name)) keepInOnePlace(name);
      else if (calls >= WORTH_A_FUNCTION && !seldom.has(name)) doubled.add(name);
    }

    // The doubles, and the functions that call them, are written as text; the compiler reads it.
    const texts = new Map(functions);
    const callOwn = (call, name) => (doubled.has(name) ? `(call $${own(name)}` : call);
    for (const [name, text] of seldom) texts.set(name, text.replace(CALL, callOwn));
    for (const name of doubled)
      texts.set(own(name), functions.get(name).replace(`$${name}`, `$${own(name)}`));
    const read = binaryen.parseText(`${[head, ...texts.values()].join('')})`);
    const bodyOf = (name) => {
      const { body, ...rest } = binaryen.getFunctionInfo(read.getFunction(name));
      return { body: module.copyExpression(body), ...rest };
    };
    for (const name of doubled) {
      const { params, results, vars, body } = bodyOf(own(name));
      // Functions that are alike become one: for now they differ.
      const unlike = module.block(null, [module.nop(), body], results);
      module.addFunction(own(name), params, results, vars, unlike);
      keepInOnePlace(own(name));
    }
    for (const name of seldom.keys())
      binaryen.Function(module.getFunction(name)).body = bodyOf(name).body;
    read.dispose();
    binaryen.clearPassArguments();
  }
}
