import { describe, expect, it } from 'vitest';
import * as format from '../src/words/format';

describe('numbers and times', () => {
  it('groups thousands', () => {
    expect(format.number(0)).toBe('0');
    expect(format.number(999)).toBe('999');
    expect(format.number(1284)).toBe('1,284');
    expect(format.number(1234567)).toBe('1,234,567');
  });

  it('prints tenths of a degree and reads them back', () => {
    expect(format.degrees(365)).toBe('36.5');
    expect(format.degrees(370)).toBe('37.0');
    expect(format.tenths('37.3')).toBe(373);
    expect(format.tenths('37,3')).toBe(373);
    expect(format.tenths('373')).toBe(373);
    expect(format.tenths('37')).toBe(370);
  });

  it('takes nothing outside 30.0 to 45.0 and nothing that is no number', () => {
    for (const text of ['29.9', '45.1', '3', '37.33', 'warm', '']) {
      expect(format.tenths(text), text).toBeNull();
    }
    expect(format.tenths('30.0')).toBe(300);
    expect(format.tenths('45.0')).toBe(450);
  });

  it('cuts times out of the text without a time zone', () => {
    const at = '2026-11-23T10:21:07+08:00';
    expect(format.time(at)).toBe('10:21:07');
    expect(format.hourMinute(at)).toBe('10:21');
    expect(format.day(at)).toBe('2026-11-23');
    expect(format.weekday('2026-11-23')).toBe(1);
    expect(format.weekday('2026-11-22')).toBe(0);
  });

  it('prints how long somebody has waited', () => {
    expect(format.span(0)).toBe('00:00');
    expect(format.span(372_000)).toBe('06:12');
    expect(format.span(3_972_000)).toBe('1:06:12');
    expect(format.span(-5)).toBe('00:00');
  });
});
