/**
 * The bar that moves time: play, steps, a slider over all events, speed, branches.
 */
import type { JSX } from 'preact';
import {
  branch,
  branches,
  cursor,
  eventCount,
  isPlaying,
  seek,
  show,
  speed,
  standing,
  togglePlay,
} from '../state/store.ts';
import { seconds } from '../parts/words.ts';
import { Icon } from '../parts/icon.tsx';

const SPEEDS = [0.5, 1, 2, 4, 8, 32, 128];

export function Transport(): JSX.Element {
  const count = eventCount.value;
  const at = cursor.value;
  const { timeline } = branch.value ?? {};
  const time =
    timeline !== undefined && at >= 0 && at < count ? seconds(timeline.events.at.at(at)) : '0.000';
  return (
    <footer class="transport">
      <Buttons />
      <input
        type="range"
        aria-label="Event"
        aria-valuetext={`Event ${at + 1} of ${count}, ${time} seconds`}
        min={-1}
        max={Math.max(count - 1, 0)}
        value={at}
        onInput={(event) => {
          isPlaying.value = false;
          seek(Number(event.currentTarget.value));
        }}
      />
      <output
        class="clock mono"
        title={`Virtual time; event ${at + 1} of ${count}; ${timeline?.packetCount ?? 0} packets`}
      >
        {time} s <span class="soft">{`${at + 1}/${count}`}</span>
      </output>
      <label class="speed">
        <span class="unseen">Speed</span>
        <select
          value={speed.value}
          title="How fast time is played: times a packet takes over the link, a second"
          onChange={(event) => {
            speed.value = Number(event.currentTarget.value);
          }}
        >
          {SPEEDS.map((value) => (
            <option key={value} value={value}>
              {value} delays/s
            </option>
          ))}
        </select>
      </label>
      <Branches />
    </footer>
  );
}

function Buttons(): JSX.Element {
  const count = eventCount.value;
  const at = cursor.value;
  const go = (event: number) => () => {
    isPlaying.value = false;
    seek(event);
  };
  return (
    <div class="buttons">
      <button type="button" aria-label="To the beginning" onClick={go(-1)} disabled={at < 0}>
        <Icon name="first" />
      </button>
      <button type="button" aria-label="One event back" onClick={go(at - 1)} disabled={at < 0}>
        <Icon name="back" />
      </button>
      <button
        type="button"
        class="primary"
        aria-label={isPlaying.value ? 'Pause' : 'Play'}
        onClick={togglePlay}
        disabled={count === 0}
      >
        <Icon name={isPlaying.value ? 'pause' : 'play'} />
      </button>
      <button
        type="button"
        aria-label="One event on"
        onClick={go(at + 1)}
        disabled={at >= count - 1}
      >
        <Icon name="next" />
      </button>
      <button
        type="button"
        aria-label="To the end"
        onClick={go(count - 1)}
        disabled={at >= count - 1}
      >
        <Icon name="last" />
      </button>
    </div>
  );
}

function Branches(): JSX.Element | null {
  const all = branches.value;
  const { hash } = standing.value;
  return (
    <div class="branches">
      {all.length < 2 ? null : (
        <label>
          <span class="unseen">Branch</span>
          <select
            value={branch.value?.id}
            onChange={(event) => {
              const next = all.find(({ id }) => id === Number(event.currentTarget.value));
              if (next !== undefined) show(next);
            }}
          >
            {all.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      <span
        class="hash mono soft"
        data-hash={hash}
        title="Hash of all state at the end of this branch: the same in every engine"
      >
        {hash === '' ? 'running' : hash.slice(0, 8)}
      </span>
    </div>
  );
}
