// The few icons of the page, drawn here: 20 units square, one stroke width, the colour of the text around them.
import type { ComponentChildren } from "preact";

function Icon({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      {children}
    </svg>
  );
}

/** A picture in a frame, for choosing a file. */
export const PictureIcon = () => (
  <Icon>
    <rect x="2.5" y="3.5" width="15" height="13" rx="2" />
    <path d="m3 14 4-4 3.5 3.5L13.5 10l4 4" />
    <circle cx="12.5" cy="7.25" r="1.25" />
  </Icon>
);

/** A lens, for the webcam. */
export const CameraIcon = () => (
  <Icon>
    <path d="M7 4.5h6l1.5 2H17a.5.5 0 0 1 .5.5v8a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1V7a.5.5 0 0 1 .5-.5h2.5z" />
    <circle cx="10" cy="11" r="2.75" />
  </Icon>
);

/** A clipboard, for pasting. */
export const PasteIcon = () => (
  <Icon>
    <path d="M7 4H5a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V5a1 1 0 0 0-1-1h-2" />
    <rect x="7" y="2.75" width="6" height="3" rx="1" />
  </Icon>
);

/** An arrow, for sending a question. */
export const SendIcon = () => (
  <Icon>
    <path d="M10 16V4.5M5 9l5-5 5 5" />
  </Icon>
);

/** Two links of a chain. */
export const LinkIcon = () => (
  <Icon>
    <path d="M8.5 11.5a3.2 3.2 0 0 0 4.6 0l3-3a3.2 3.2 0 0 0-4.6-4.6l-.9.9M11.5 8.5a3.2 3.2 0 0 0-4.6 0l-3 3a3.2 3.2 0 0 0 4.6 4.6l.9-.9" />
  </Icon>
);

/** A cross, for taking away. */
export const CloseIcon = () => (
  <Icon>
    <path d="m5.5 5.5 9 9m0-9-9 9" />
  </Icon>
);

/** A triangle on the thumbnails of clips. */
export const PlayIcon = () => (
  <svg class="icon icon-solid" viewBox="0 0 20 20" aria-hidden="true">
    <path d="M6.5 4.2v11.6L16 10z" />
  </svg>
);
