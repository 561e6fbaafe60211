<#-- Lists the libraries inside mtb.jar for META-INF/THIRD-PARTY.txt. -->
Libraries inside mtb.jar, with their licences (SPDX names). Where there are two, either may be chosen.
Licences and notices that a library carries itself are in META-INF/licenses.

<#list dependencyMap as e>
<#assign p = e.getKey()/>
<#assign licenses = e.getValue()/>
${p.groupId}:${p.artifactId}:${p.version}<#if (p.url!"") != "">  ${p.url}</#if>
    <#list licenses as license>${license}<#sep> or </#sep></#list>
</#list>

Files of others inside these libraries:

The list of public suffixes (org/publicsuffix/list in httpclient5): MPL-2.0.
    Source: https://publicsuffix.org/list/public_suffix_list.dat
AWS-LC (libamazonCorrettoCryptoProvider.so in AmazonCorrettoCryptoProvider): see META-INF/licenses/aws-lc.txt.
The source of H2 MVStore is at https://github.com/h2database/h2database, and the text of MPL-2.0 at
    https://www.mozilla.org/MPL/2.0/.
