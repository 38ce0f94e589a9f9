/**
 * The rehearsal's clock: a second and a half of it stand for five minutes. The cache, the age of connections and the pause between rotations are
 * shorter by as much; requests, logins and rotations take the time that they take.
 */
export const COMPRESSION = 200;

export const TTL_SECONDS = 300 / COMPRESSION;
export const CONNECTION_SECONDS = 180 / COMPRESSION;
/** Few, as every login of them is work for the one machine that plays them all. */
export const CONNECTIONS = 5;
/** From one rotation to the next, in milliseconds: longer than the cache, as every schedule in AWS is. */
export const ROTATION_INTERVAL = 1900;
export const ROTATIONS = 50;
/** For each service, and a little more than what is promised. */
export const REQUESTS_PER_SECOND = 105;
export const PROMISED_REQUESTS_PER_SECOND = 100;
