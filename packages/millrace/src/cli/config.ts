import { everySettingName, isSecret, kebab } from "@millrace/distributed/command";
import { Command } from "commander";
import { addSettings, everySetting } from "./options.ts";
import type { World } from "./world.ts";

/** `millrace config`: what is set, and where that comes from. */
export function configCommand(world: World): Command {
  const command = new Command("config").description(
    "Show what is set by variables and files, and where each of it comes from.",
  );
  addSettings(command, ["json"]);
  return command.action(async () => {
    const found = await everySetting(command);
    const shown = everySettingName.flatMap((name) => {
      const setting = found.find((each) => each.name === name);
      if (setting === undefined || setting.source === "--json") return [];
      const value = isSecret(name) ? "(secret)" : setting.value;
      return [{ name: kebab(name), value, source: setting.source }];
    });
    if (found.some(({ name, value }) => name === "json" && value === true)) {
      world.out(`${JSON.stringify(shown)}\n`);
      return;
    }
    if (shown.length === 0) world.out("Nothing is set.\n");
    const width = Math.max(...shown.map(({ name }) => name.length));
    for (const { name, value, source } of shown) {
      world.out(`${name.padEnd(width)}  ${JSON.stringify(value)}  from ${source}\n`);
    }
  });
}
