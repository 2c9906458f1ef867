/** Whose the device of a program is, from what the switch sees of its processes. */
import { describe, expect, it } from 'vitest';
import { DeviceTurn } from '../../host-node/run/device-turn.ts';

interface Named {
  readonly name: string;
  readonly hasSpoken: boolean;
}

/** What is told and read, as words in their order; all take what they are given. */
function scene() {
  const said: string[] = [];
  const turn = new DeviceTurn<Named>(
    ({ name }, isIts) => said.push(`${name} ${isIts ? 'may' : 'may not'}`),
    (isOurs) => said.push(isOurs ? 'switch reads' : 'switch rests'),
  );
  return { said, turn };
}

const silent = (name: string): Named => ({ name, hasSpoken: false });
const spoken = (name: string): Named => ({ name, hasSpoken: true });

describe('the device of a program', () => {
  it('is given to the one that speaks, once it says that it has it', () => {
    const { said, turn } = scene();
    turn.look([silent('npm'), silent('app')]);
    expect(said).toEqual([]);
    const app = spoken('app');
    turn.look([silent('npm'), app]);
    expect(said).toEqual(['app may']);
    turn.taken(app);
    expect(said).toEqual(['app may', 'switch rests']);
  });

  it('is taken back as another joins, which has not spoken yet, and given again after it', () => {
    const { said, turn } = scene();
    const app = spoken('app');
    turn.look([app]);
    turn.taken(app);
    turn.look([app, silent('child')]);
    expect(said.slice(2)).toEqual(['switch reads', 'app may not']);
    turn.look([app]);
    expect(said.slice(4)).toEqual(['app may']);
  });

  it('is nobody’s where two have spoken', () => {
    const { said, turn } = scene();
    turn.look([spoken('one'), spoken('two')]);
    expect(said).toEqual([]);
  });

  it('stays with the switch where one says too late that it has it', () => {
    const { said, turn } = scene();
    const app = spoken('app');
    turn.look([app]);
    turn.look([app, silent('child')]);
    turn.taken(app);
    expect(said).toEqual(['app may', 'app may not']);
  });
});
