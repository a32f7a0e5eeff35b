import { describe, expect, it } from 'vitest';
import { parseLoad } from '../../../src/simulator/load.ts';

describe('a load', () => {
  const load = parseLoad('load.csv', '# who made it\nseconds,value\n0,60\r\n\n30,120.6\n90,0\n', 60);

  it('holds each value until the next, in the unit of the metric', () => {
    expect([-5, 0, 29, 30, 89, 90, 5000].map((seconds) => load.at(seconds))).toEqual([1, 1, 1, 2.01, 2.01, 0, 0]);
  });

  it('ends as long after the last value as that came after the one before', () => {
    expect([load.endSeconds, load.points]).toEqual([150, 3]);
  });

  it.each([
    ['', 'load.csv: the first line is "": write the header seconds,value'],
    ['time,value\n0,1\n', 'load.csv: the first line is "time,value": write the header seconds,value'],
    ['seconds,value\n0,1\n', 'load.csv: 1 values are no load: give two or more'],
    ['seconds,value\n5,1\n9,1\n', 'load.csv: line 2: the first time is 5: count seconds from 0'],
    ['seconds,value\n0,1\n60,1\n60,2\n', 'load.csv: line 4: 60 is not after 60: order the lines by time'],
    [
      'seconds,value\n0,1\n60,NaN\n',
      'load.csv: line 3: "60,NaN" is no SECONDS,VALUE: write two numbers, such as 60,17.5',
    ],
    [
      'seconds,value\n0,1\n60,-2\n',
      'load.csv: line 3: "60,-2" is no SECONDS,VALUE: write two numbers, such as 60,17.5',
    ],
    ['seconds,value\n0,1\n60,\n', 'load.csv: line 3: "60," is no SECONDS,VALUE: write two numbers, such as 60,17.5'],
  ])('%j is refused in one line', (text, message) => {
    expect(() => parseLoad('load.csv', text, 1)).toThrow(new Error(message));
  });
});
