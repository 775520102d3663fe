import { readFileSync } from 'node:fs';
import { addAccountCommands } from '#cli/account-commands.js';
import { addBackupCommands } from '#cli/backup-commands.js';
import { addBanCommands } from '#cli/ban-commands.js';
import { addBlockedNumberCommands } from '#cli/blocked-number-commands.js';
import { addCallCommand } from '#cli/call-command.js';
import { addCallFlowCommands } from '#cli/call-flow-commands.js';
import { addCampaignCommands } from '#cli/campaign-commands.js';
import { addCarrierCommands } from '#cli/carrier-commands.js';
import { CommandLine } from '#cli/command-line.js';
import { addContactCommands } from '#cli/contact-commands.js';
import { addDoctorCommand } from '#cli/doctor-command.js';
import { addGroupCommands } from '#cli/group-commands.js';
import { addImportCommands } from '#cli/import-commands.js';
import { addKeyCommands } from '#cli/key-commands.js';
import { addMailboxCommands } from '#cli/mailbox-commands.js';
import { addNumberCommands } from '#cli/number-commands.js';
import { addOptOutCommands } from '#cli/opt-out-commands.js';
import { addOtpPolicyCommands } from '#cli/otp-policy-commands.js';
import { addPhoneCommands } from '#cli/phone-commands.js';
import { addPlanCommands } from '#cli/plan-commands.js';
import { addRegistrationCommands } from '#cli/registration-commands.js';
import { addServerCommands } from '#cli/server-commands.js';
import { addSiteCommands } from '#cli/site-commands.js';
import { addSoundCommands } from '#cli/sound-commands.js';
import type { Terminal } from '#cli/terminal.js';
import { addTrunkCommands } from '#cli/trunk-commands.js';
import { addUserCommands } from '#cli/user-commands.js';
import { addWalletCommands } from '#cli/wallet-commands.js';
import { addWebhookCommands } from '#cli/webhook-commands.js';
import { readConfig } from '#config.js';

/** Runs one command (`argv` without node and script) and resolves to the exit code; never rejects. */
export function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  return allCommands(terminal).run(argv);
}

export function allCommands(terminal: Terminal): CommandLine {
  const line = new CommandLine(terminal, () => readConfig(terminal.env).dataFolder, packageVersion());
  addServerCommands(line);
  addAccountCommands(line);
  addPlanCommands(line);
  addKeyCommands(line);
  addTrunkCommands(line);
  addCarrierCommands(line);
  addCampaignCommands(line);
  addNumberCommands(line);
  addOptOutCommands(line);
  addRegistrationCommands(line);
  addOtpPolicyCommands(line);
  addPhoneCommands(line);
  addUserCommands(line);
  addGroupCommands(line);
  addCallFlowCommands(line);
  addMailboxCommands(line);
  addSoundCommands(line);
  addSiteCommands(line);
  addBlockedNumberCommands(line);
  addContactCommands(line);
  addImportCommands(line);
  addCallCommand(line);
  addWalletCommands(line);
  addWebhookCommands(line);
  addBanCommands(line);
  addBackupCommands(line);
  addDoctorCommand(line);
  return line;
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
