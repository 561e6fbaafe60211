/**
 * The interface between MTB and a place that holds files. {@link dev.mtb.store.Store} is what the
 * engine works with; retries and limits are decorators of it. The engine asks a store's {@link
 * dev.mtb.store.Features}, never its class.
 */
package dev.mtb.store;
