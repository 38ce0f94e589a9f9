/** Names of servers and databases that people depend on. `products` is none, `myproddb` is one. */
const NAMES = /prod(?!ucts?(?![a-z]))|(?<![a-z])(prd|live)(?![a-z])/i;

/** Why a server looks like one that people depend on. Empty if it doesn't. */
export function signsOfProduction(host: string, databases: readonly string[], sessions: readonly string[]): string[] {
  const others = [...new Set(sessions)].sort();
  return [
    ...NAMES.test(host) ? [`its host is called ${host}`] : [],
    ...databases.filter((name) => NAMES.test(name)).map((name) => `it has a database called ${name}`),
    ...others.length > 0 ? [`other users have sessions: ${others.join(', ')}`] : [],
  ];
}
