package io.holdfast.zookeeper;

import java.util.List;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.ACL;

/** Everything to whoever made it when clients authenticate, else everything to everybody. */
record DefaultAcls(List<ACL> acls) implements ACLProvider {
  static DefaultAcls of(boolean authenticated) {
    return new DefaultAcls(authenticated ? Ids.CREATOR_ALL_ACL : Ids.OPEN_ACL_UNSAFE);
  }

  @Override
  public List<ACL> getDefaultAcl() {
    return acls;
  }

  @Override
  public List<ACL> getAclForPath(String path) {
    return acls;
  }
}
