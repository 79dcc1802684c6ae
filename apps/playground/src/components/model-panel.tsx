// Which checkpoint, on which backend, in which precision; what cannot be chosen says why.
import { useSignal } from "@preact/signals";
import type { BackendId, BackendStatus } from "../port/protocol.ts";
import { automaticBackend, backends, chosenBackend, folder } from "../state/choice.ts";
import { chooseFolder } from "../state/files.ts";
import { backendNames, dtypeNames } from "../state/names.ts";
import { chooseModel, loadModel, model } from "../state/session.ts";
import { type BackendChoice, backendIds, changeSettings, dtypes, isHubId, settings } from "../state/settings.ts";
import { duration } from "../state/units.ts";

/** The model tab. */
export function ModelPanel() {
  return (
    <div class="model-panel">
      <Checkpoint />
      <Backends />
      <Precision />
    </div>
  );
}

function Checkpoint() {
  const id = useSignal(settings.value.model ?? "");
  const chosen = settings.value.model;
  const state = model.value;
  const bundled = chosen === undefined && folder.value === undefined;
  const valid = isHubId(id.value.trim());
  return (
    <fieldset class="group">
      <legend>Checkpoint</legend>
      <label class="choice">
        <input type="radio" name="checkpoint" checked={bundled} onChange={() => void chooseModel(undefined)} />
        <span class="choice-name">Demo</span>
        <span class="choice-what">8 MB, comes with this page; it knows emoji scenes and nothing else</span>
      </label>
      <form
        class="hub"
        onSubmit={(event) => {
          event.preventDefault();
          if (valid) void chooseModel(id.value.trim());
        }}
      >
        <label for="hub-id">From the Hugging Face Hub</label>
        <div class="hub-row">
          <input
            id="hub-id"
            type="text"
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            placeholder="microsoft/git-base-coco"
            value={id.value}
            onInput={(event) => {
              id.value = event.currentTarget.value;
            }}
          />
          <button type="submit" class="button" disabled={!valid}>
            Load
          </button>
        </div>
      </form>
      <button
        type="button"
        class="button"
        onClick={() => chooseFolder((name, files) => void chooseModel({ name, files }))}
      >
        Open a local folder
      </button>
      {state.phase === "ready" && (
        <p class="quiet loaded-note">
          {state.name}, loaded in {duration(state.model.milliseconds)}
          {state.model.frames !== undefined && `, takes clips of ${state.model.frames} frames`}.
        </p>
      )}
      {state.phase === "ready" &&
        state.model.notices.map((notice) => (
          <p class="quiet" key={notice}>
            {notice}
          </p>
        ))}
    </fieldset>
  );
}

function statusOf(backend: BackendId): BackendStatus | undefined {
  return backends.value?.find(({ id }) => id === backend);
}

function Backends() {
  const choose = (backend: BackendChoice) => {
    changeSettings({ backend });
    const status = statusOf(chosenBackend.value);
    if (status !== undefined && !status.dtypes.includes(settings.value.dtype)) changeSettings({ dtype: "fp32" });
    void loadModel();
  };
  return (
    <fieldset class="group">
      <legend>Runs on</legend>
      <label class="choice">
        <input
          type="radio"
          name="backend"
          checked={settings.value.backend === "auto"}
          onChange={() => choose("auto")}
        />
        <span class="choice-name">Automatic</span>
        <span class="choice-what">now {backendNames[automaticBackend.value].name}</span>
      </label>
      {backendIds.map((id) => {
        const status = statusOf(id);
        const reason = status === undefined ? "looking …" : status.unavailable;
        return (
          <label class="choice" key={id}>
            <input
              type="radio"
              name="backend"
              value={id}
              disabled={reason !== undefined}
              checked={settings.value.backend === id}
              onChange={() => choose(id)}
            />
            <span class="choice-name">{backendNames[id].name}</span>
            <span class="choice-what">{reason ?? status?.note ?? backendNames[id].what}</span>
          </label>
        );
      })}
    </fieldset>
  );
}

function Precision() {
  const status = statusOf(chosenBackend.value);
  return (
    <fieldset class="group">
      <legend>Precision</legend>
      {dtypes.map((dtype) => {
        const possible = status?.dtypes.includes(dtype) ?? dtype === "fp32";
        return (
          <label class="choice" key={dtype}>
            <input
              type="radio"
              name="dtype"
              value={dtype}
              disabled={!possible}
              checked={settings.value.dtype === dtype}
              onChange={() => {
                changeSettings({ dtype });
                void loadModel();
              }}
            />
            <span class="choice-name">{dtype}</span>
            <span class="choice-what">
              {possible ? dtypeNames[dtype] : `not on ${backendNames[chosenBackend.value].name}`}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
