import type { Example } from './backtest-difference.ts';

/* Plots as SVG text, drawn by hand: a page made by users loads nothing and needs no library. */

/** Text as it may stand in HTML and SVG, in attributes too. */
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const width = 640;
const left = 8;

/** Bars side by side, each with its name and number. */
export function bars(
  title: string,
  data: readonly (readonly [name: string, count: number])[],
): string {
  const height = 90;
  const most = Math.max(1, ...data.map(([, count]) => count));
  const step = (width - 2 * left) / Math.max(1, data.length);
  const each = data.map(([name, count], i) => {
    const tall = (count / most) * height;
    const x = left + i * step;
    const shape = rect(
      x + 1,
      14 + height - tall,
      Math.max(1, step - 2),
      tall,
      'bar',
      `${name}: ${count}`,
    );
    const wide = step >= 40 || i % Math.ceil(40 / step) === 0;
    const label = wide ? words(x + step / 2, 14 + height + 12, name) : '';
    return (
      shape +
      label +
      (step >= 24 && count > 0 ? words(x + step / 2, 11 + height - tall, String(count)) : '')
    );
  });
  return svg(title, 14 + height + 18, each.join(''));
}

/** A line of time for what only one side raised: above those of the tried rules, below those in force. */
export function timeline(
  title: string,
  span: { readonly from: number; readonly to: number },
  sides: { readonly tried: readonly Example[]; readonly inForce: readonly Example[] },
): string {
  const scale = (width - 2 * left) / Math.max(1, span.to - span.from);
  const x = (time: number): number =>
    left + (Math.min(span.to, Math.max(span.from, time)) - span.from) * scale;
  const row = (examples: readonly Example[], y: number, name: string): string =>
    examples
      .map(({ asset, key = '', since, ended }) => {
        const until = ended === null ? 'open' : when(ended);
        const wide = Math.max(1.5, x(ended ?? span.to) - x(since));
        return rect(x(since), y, wide, 12, name, `${asset} ${key} ${when(since)} – ${until}`);
      })
      .join('');
  const axis = `<line x1="${left}" y1="22" x2="${width - left}" y2="22" class="axis"/>`;
  const ends = `${words(left, 48, when(span.from), 'start')}${words(width - left, 48, when(span.to), 'end')}`;
  return svg(title, 54, row(sides.tried, 8, 'new') + axis + row(sides.inForce, 24, 'old') + ends);
}

function when(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

function svg(title: string, height: number, inner: string): string {
  const name = escape(title);
  return `<svg role="img" aria-label="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>${name}</title>${inner}</svg>`;
}

function rect(x: number, y: number, wide: number, tall: number, name: string, tip: string): string {
  const [a, b, c, d] = [x, y, wide, tall].map((n) => n.toFixed(1));
  return `<rect x="${a}" y="${b}" width="${c}" height="${d}" class="${name}"><title>${escape(tip)}</title></rect>`;
}

function words(x: number, y: number, text: string, anchor = 'middle'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escape(text)}</text>`;
}
