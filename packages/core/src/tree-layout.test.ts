// Where tokens go, on trees small enough to draw.
import { describe, expect, test } from "vitest";
import { ancestorMask, type NewToken, placeTokens } from "./tree-layout.ts";

describe("placeTokens", () => {
  test("chains, forks and pictures of different lengths", () => {
    const start: NewToken = { picture: 0 };
    const left: NewToken = { picture: 0, parent: start };
    const right: NewToken = { picture: 0, parent: start };
    const other: NewToken = { picture: 1 };
    const { nodes, rows, width } = placeTokens([start, left, other, right], 2, 0);
    expect(width).toBe(3);
    expect(rows).toEqual([0, 1, 3, 2]);
    expect(nodes.map((n) => [n.slot, n.position, n.ancestors])).toEqual([
      [0, 0, []],
      [1, 1, [0]],
      [0, 0, []],
      [2, 1, [0]],
    ]);
  });

  test("goes on after the slots in use, below tokens of an earlier run", () => {
    const [root] = placeTokens([{ picture: 0 }], 1, 0).nodes;
    const { nodes, rows } = placeTokens([{ picture: 0, parent: root }], 1, 5);
    expect(nodes[0]).toMatchObject({ slot: 5, position: 1, ancestors: [0] });
    expect(rows).toEqual([0]);
  });

  test("padding counts as a position but is nobody's ancestor; a given position goes before", () => {
    const pad: NewToken = { picture: 0, attended: false };
    const first: NewToken = { picture: 0, parent: pad };
    const second: NewToken = { picture: 0, parent: first, position: 9 };
    const third: NewToken = { picture: 0, parent: second };
    const { nodes } = placeTokens([pad, first, second, third], 1, 0);
    expect(nodes.map((n) => n.position)).toEqual([0, 1, 9, 10]);
    expect(nodes.map((n) => n.ancestors)).toEqual([[], [], [1], [1, 2]]);
  });

  test.each([
    ["a picture that there is not", [{ picture: 2 }]],
    ["a parent that is not placed", [{ picture: 0, parent: { picture: 0 } }]],
    [
      "a parent on another picture",
      [{ picture: 1, parent: { picture: 0, slot: 0, position: 0, ancestors: [], attended: true } }],
    ],
  ] satisfies [string, NewToken[]][])("%s is refused", (_, tokens) => {
    expect(() => placeTokens(tokens, 2, 0)).toThrow(/token tree: token 0 has no place/);
  });
});

test("ancestorMask() opens a row's ancestors and itself only; padding and dead slots see nothing", () => {
  const [root] = placeTokens([{ picture: 0 }], 2, 0).nodes;
  const placement = placeTokens(
    [
      { picture: 0, parent: root },
      { picture: 0, parent: root },
      { picture: 1, attended: false },
    ],
    2,
    1,
  );
  const open = [...ancestorMask(placement, 2, 1)].map((value) => (value === 0 ? 1 : 0));
  expect(open).toEqual([
    ...[1, 1, 0],
    ...[1, 0, 1],
    ...[0, 0, 0], // padding
    ...[0, 0, 0], // picture 1 has no second token
  ]);
  expect(Math.fround(Math.exp(Math.min(...ancestorMask(placement, 2, 1))))).toBe(0);
});
