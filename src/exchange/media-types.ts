/** The names under which checkpoints travel in an OCI image layout. */

/** What the whole is: no container image, so that nobody tries to run it as one. */
export const CHECKPOINT_TYPE = 'application/vnd.stasis.checkpoint.v1';
/** The configuration: what is known of the checkpoint, in JSON. */
export const CONFIG_TYPE = 'application/vnd.stasis.checkpoint.config.v1+json';
/** One layer: one image file, full or a difference to the layer before it. */
export const IMAGE_TYPE = 'application/vnd.stasis.checkpoint.image.v1';

/** Of a layer: digest of the image it is a difference to. */
export const PARENT_ANNOTATION = 'dev.stasis.checkpoint.parent';

/** @source OCI image specification 1.1, "OCI Image Media Types" and "Annotations" */
export const OCI_INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const TITLE_ANNOTATION = 'org.opencontainers.image.title';
export const CREATED_ANNOTATION = 'org.opencontainers.image.created';
export const DESCRIPTION_ANNOTATION = 'org.opencontainers.image.description';
export const BASE_ANNOTATION = 'org.opencontainers.image.base.digest';
export const REF_ANNOTATION = 'org.opencontainers.image.ref.name';
