/**
 * The rehearsal's clock: two seconds of it stand for five minutes. The cache, the age of connections and the pause between rotations are shorter
 * by as much; requests, logins and rotations take the time that they take. The cache's time is in whole seconds: Powertools drops a fraction.
 */
export const COMPRESSION = 150;

export const TTL_SECONDS = 300 / COMPRESSION;
export const CONNECTION_SECONDS = 180 / COMPRESSION;
/** Few, as every login of them is work for the one machine that plays them all. */
export const CONNECTIONS = 5;
/** From one rotation to the next, in milliseconds: longer than the cache, as every schedule in AWS is. */
export const ROTATION_INTERVAL = 2500;
/** `npm run rehearse -- ROTATIONS REQUESTS`: how many rotations, and how many requests a second for each service. */
const [, , rotations, requests] = process.argv;
export const ROTATIONS = Number(rotations ?? 50);
export const REQUESTS_PER_SECOND = Number(requests ?? 105);
/** A little less than what is sent. */
export const PROMISED_REQUESTS_PER_SECOND = Math.floor(REQUESTS_PER_SECOND / 1.05);
