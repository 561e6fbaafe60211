/**
 * Multi-Threaded Backup. An embedding program sees the entry point, jobs, options, what all of them
 * speak of, and the seam for stores; the other rooms are not exported and may change in any
 * release.
 */
module dev.mtb {
  requires transitive com.google.common;
  requires org.apache.commons.codec;
  requires org.apache.commons.io;
  requires org.slf4j;

  // A destination in a bucket only.
  requires static com.h2database.mvstore;
  requires static java.xml;
  requires static org.apache.httpcomponents.client5.httpclient5;
  requires static org.apache.httpcomponents.core5.httpcore5;
  requires static software.amazon.awssdk.auth;
  requires static software.amazon.awssdk.regions;
  requires static software.amazon.awssdk.core;
  requires static software.amazon.awssdk.profiles;
  requires static software.amazon.awssdk.utils;

  // The command only, which runs from the class path of mtb.jar.
  requires static com.amazon.corretto.crypto.provider;
  requires static com.fasterxml.jackson.core;
  requires static com.fasterxml.jackson.databind;
  requires static info.picocli;
  requires static jdk.httpserver;

  exports dev.mtb;
  exports dev.mtb.job;
  exports dev.mtb.model;
  exports dev.mtb.options;
  exports dev.mtb.store;
}
