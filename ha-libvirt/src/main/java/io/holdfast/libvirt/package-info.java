/** A hypervisor on libvirt, through libvirt-java. */
@NullMarked
package io.holdfast.libvirt;

import org.jspecify.annotations.NullMarked;
