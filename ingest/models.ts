export { loadKinds, shippedKinds } from './kinds.ts';
export { loadProfiles, shippedProfiles, type Profile } from './profiles.ts';
export { likelyKind, tryProfile, type Trial, type Tried } from './try-profile.ts';
