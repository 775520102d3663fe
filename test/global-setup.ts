import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Connection } from '#storage/connection.js';
import { startEmbedded } from '#storage/embedded.js';
import { dropDatabase, makeTemplate } from './database-template.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The test run's PostgreSQL; its database is the one that `template` was made beside. */
    testServer: Connection;
    /** A database with every migration, to copy (`create database … template …`). */
    templateDatabase: string;
  }
}

interface TestServer {
  connection: Connection;
  template: string;
  close(): Promise<void>;
}

/** Both projects of vitest.config.mjs run this file, each in a module of its own: the process holds what they share. */
const shared = globalThis as typeof globalThis & {
  sidetoneTestServer?: { users: number; server: Promise<TestServer> };
};

/** Runs before all tests: one PostgreSQL for the run, or the one of SIDETONE_TEST_DATABASE_URL; a place for what they write. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env['TMPDIR'] === undefined && isPlaceForTests(MEMORY)) process.env['TMPDIR'] = MEMORY;
  const use = (shared.sidetoneTestServer ??= { users: 0, server: startServer() });
  use.users++;
  const server = await use.server;
  project.provide('testServer', server.connection);
  project.provide('templateDatabase', server.template);
  return async () => {
    use.users--;
    if (use.users > 0) return;
    delete shared.sidetoneTestServer;
    await server.close();
  };
}

async function startServer(): Promise<TestServer> {
  const url = process.env['SIDETONE_TEST_DATABASE_URL'];
  if (url !== undefined) {
    const connection = { url };
    const template = await makeTemplate(connection);
    return { connection, template, close: () => dropDatabase(connection, template) };
  }
  const dataFolder = mkdtempSync(join(tmpdir(), 'sidetone-tests-'));
  const log = { info: () => undefined, warn: () => undefined, error: console.error };
  const embedded = await startEmbedded({ dataFolder, log, durable: false });
  return {
    connection: embedded.connection,
    template: await makeTemplate(embedded.connection),
    async close() {
      await embedded.close();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/**
 * In memory, where there is plenty of it: copying a database is making a thousand small files, and a busy disk takes seconds
 * for that at times. Not where it is small (a container's /dev/shm), or runs no programs, of which tests write some.
 */
function isPlaceForTests(folder: string): boolean {
  let trial: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (Math.min(bavail * bsize, freemem()) < PLENTY) return false;
    trial = mkdtempSync(join(folder, 'sidetone-trial-'));
    writeFileSync(join(trial, 'program'), '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    return spawnSync(join(trial, 'program')).status === 0;
  } catch {
    return false;
  } finally {
    if (trial !== undefined) rmSync(trial, { recursive: true, force: true });
  }
}

const MEMORY = '/dev/shm';
/** There are a hundred databases at most at a time, of 14 MB each, and what the servers under test write. */
const PLENTY = 6 * 1024 ** 3;
