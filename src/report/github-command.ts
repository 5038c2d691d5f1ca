/** A workflow command of GitHub Actions, whatever stands in it. */
import { visible } from './visible.ts';

/** GitHub refuses what is much longer. */
const MAX_MESSAGE = 4_000;

type Properties = Readonly<Record<string, string | number | undefined>>;

/** `::error file=…,line=…::message`, one line whatever stands in it. `message` may have line feeds, and is visible otherwise. */
export function command(type: string, properties: Properties, message: string): string {
  const pairs = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${property(visible(String(value)))}`);
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE).toWellFormed()}…` : message;
  return `::${type} ${pairs.join(',')}::${data(text)}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
