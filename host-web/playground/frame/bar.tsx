/**
 * The bar at the top: which scenario, dark or light, help.
 */
import type { JSX } from 'preact';
import { LAB } from '../lab/scenario.ts';
import { SCENARIOS } from '../../sim/scenarios/index.ts';
import { type Scenario, variantsOf } from '../../sim/scenario.ts';
import { isHelpOpen, openTab } from '../state/layout.ts';
import { scenario } from '../state/store.ts';
import { choose, isDark, themeVersion } from '../state/theme.ts';
import { Icon } from '../parts/icon.tsx';

/** Everything that can be opened, each variant by itself. */
export const CHOICES: readonly Scenario[] = [...SCENARIOS.flatMap(variantsOf), LAB];

/** Topics in the order of the course. */
const TOPICS = [...new Set(CHOICES.map(({ topic }) => topic))];

export function Bar(): JSX.Element {
  themeVersion.value;
  const dark = isDark();
  const pick = (event: Event) => {
    const { value } = event.currentTarget as HTMLSelectElement;
    const chosen = CHOICES.find(({ id }) => id === value);
    if (chosen === undefined) return;
    // An entry of the history each, so that Back goes to the scenario before.
    location.hash = chosen.id;
    openTab(chosen === LAB ? 'do' : 'lesson');
  };
  return (
    <header class="bar">
      <h1>
        netcell <span>playground</span>
      </h1>
      <label class="choice">
        <span>Scenario</span>
        <b class="chosen" aria-hidden="true">
          {scenario.value?.title}
        </b>
        <select aria-label="Scenario" value={scenario.value?.id} onChange={pick}>
          {TOPICS.map((topic) => (
            <optgroup key={topic} label={topic[0]!.toUpperCase() + topic.slice(1)}>
              {CHOICES.filter((one) => one.topic === topic).map(({ id, title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <p class="summary soft">{scenario.value?.summary}</p>
      <button
        type="button"
        class="quiet"
        aria-label={dark ? 'Light colours' : 'Dark colours'}
        onClick={() => choose(dark ? 'light' : 'dark')}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        class="quiet"
        aria-haspopup="dialog"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        Help
      </button>
    </header>
  );
}
